//! Single statements: pgbench beside the product's layer over sea-orm, as many clients each.

use std::fmt::Write;

use anyhow::Result;

use super::Bench;
use super::fixture::{Fixture, POLICY};
use crate::bench::figures::{cut, median, percent, raised};
use crate::bench::report::Table;

pub const CLIENTS: usize = 16;
/// Before the first round of each contender, in seconds.
const WARM_UP_SECONDS: u32 = 1;

/// One statement, or a transaction around it.
pub struct Case {
    /// What `db_load` calls it.
    pub name: &'static str,
    pub title: &'static str,
    pub sql: &'static str,
    /// What stands for `$1`, `$2` and so on in a script of pgbench.
    pub pgbench_parameters: &'static [&'static str],
    /// Within a transaction.
    pub writes: bool,
    /// By the service's role, for one user: within a transaction that begins by naming them.
    pub is_bound: bool,
}

pub const CASES: [Case; 5] = [
    Case {
        name: "pack_by_id",
        title: "Pack by id",
        sql: include_str!("sql/pack_by_id.sql"),
        pgbench_parameters: &[":pack"],
        writes: false,
        is_bound: false,
    },
    Case {
        name: "latest_pack",
        title: "Latest pack",
        sql: include_str!("sql/latest_pack.sql"),
        pgbench_parameters: &[":policy"],
        writes: false,
        is_bound: false,
    },
    Case {
        name: "positions",
        title: "Positions of 50 lots",
        sql: include_str!("sql/positions.sql"),
        pgbench_parameters: &[":owner", ":portfolio", ":pack"],
        writes: false,
        is_bound: false,
    },
    Case {
        name: "own_positions",
        title: "Positions of 50 lots, by row security",
        sql: include_str!("sql/positions.sql"),
        pgbench_parameters: &[":owner", ":portfolio", ":pack"],
        writes: false,
        is_bound: true,
    },
    Case {
        name: "insert",
        title: "Insert",
        sql: include_str!("sql/insert.sql"),
        pgbench_parameters: &[
            "lpad(to_hex(:n::bigint), 32, '0')::uuid",
            "'B' || :n",
            ":title",
            ":kind",
            ":currency",
            "NULL",
            "NULL",
            "NULL",
            "NULL",
            "NULL",
            ":active",
            ":now",
            ":now",
        ],
        writes: true,
        is_bound: false,
    },
];

/// Medians over the rounds.
pub struct Figures {
    pub name: &'static str,
    title: &'static str,
    pub pgbench: f64,
    pgbench_average_ms: f64,
    pub orm: f64,
    orm_slowest_percent_ms: f64,
}

pub fn measure(bench: &Bench, fixture: &Fixture) -> Result<Vec<Figures>> {
    CASES
        .iter()
        .map(|case| measure_case(bench, fixture, case))
        .collect()
}

fn measure_case(bench: &Bench, fixture: &Fixture, case: &Case) -> Result<Figures> {
    let clients = CLIENTS.to_string();
    let database = if case.is_bound {
        &fixture.service
    } else {
        &fixture.database
    };
    let values = [
        ("database", database.as_str()),
        ("clients", &clients),
        ("owner", &fixture.owner),
        ("portfolio", &fixture.portfolio),
        ("pack", &fixture.frozen_pack),
        ("policy", POLICY),
    ];
    let made = [
        ("title", "Made-under-load"),
        ("kind", "equity"),
        ("currency", "USD"),
        ("active", "true"),
        ("now", "2026-01-01"),
    ];
    // The first two are not parameters of statements.
    let parameters: Vec<_> = values.iter().skip(2).chain(&made).copied().collect();
    let directory = bench.scratch.path();
    let pgbench = |seconds| {
        bench
            .pgbench
            .round(case, &parameters, database, directory, seconds)
    };
    let orm = |seconds| bench.program.round(case.name, &values, seconds);
    pgbench(WARM_UP_SECONDS)?;
    orm(WARM_UP_SECONDS)?;
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.rounds {
        theirs.push(pgbench(bench.options.seconds)?);
        ours.push(orm(bench.options.seconds)?);
    }
    let of_theirs = |read: fn(&super::pgbench::Rate) -> f64| median_of(&theirs, read);
    let of_ours = |read: fn(&super::orm::Rate) -> f64| median_of(&ours, read);
    let figures = Figures {
        name: case.name,
        title: case.title,
        pgbench: of_theirs(|rate| rate.per_second),
        pgbench_average_ms: of_theirs(|rate| rate.average_ms),
        orm: of_ours(|rate| rate.per_second),
        orm_slowest_percent_ms: of_ours(|rate| rate.slowest_percent_ms),
    };
    println!(
        "{}: pgbench {}, sea-orm {} a second",
        case.title,
        cut(figures.pgbench, 0),
        cut(figures.orm, 0)
    );
    Ok(figures)
}

fn median_of<T>(rounds: &[T], read: impl Fn(&T) -> f64) -> f64 {
    median(&rounds.iter().map(read).collect::<Vec<_>>())
}

pub fn table(all: &[Figures]) -> Table {
    let mut table = Table::new(
        &format!("The same SQL with {CLIENTS} clients, a second, medians of the rounds"),
        &[
            "What",
            "pgbench",
            "On average",
            "Through sea-orm",
            "99% within",
            "Share of pgbench",
        ],
    );
    for figures in all {
        table.add([
            figures.title.to_owned(),
            cut(figures.pgbench, 0),
            format!("{} ms", raised(figures.pgbench_average_ms, 2)),
            cut(figures.orm, 0),
            format!("{} ms", raised(figures.orm_slowest_percent_ms, 2)),
            percent(figures.orm, figures.pgbench),
        ]);
    }
    table
}

/// The statements, for whoever wants to know what was compared.
pub fn appendix() -> String {
    let mut text = String::from("The SQL, the same for pgbench, asyncpg and sea-orm:\n\n```sql\n");
    for case in &CASES {
        let sql = case.sql.trim_end();
        // Writing into a string cannot fail.
        let _ = if case.is_bound {
            let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n\
                SET LOCAL app.user_id = '…';";
            writeln!(
                text,
                "-- {}\n{begin}\n-- … as above …\nCOMMIT;\n",
                case.title
            )
        } else if case.writes {
            writeln!(text, "-- {}\nBEGIN;\n{sql};\nCOMMIT;", case.title)
        } else {
            writeln!(text, "-- {}\n{sql};\n", case.title)
        };
    }
    text.push_str("```\n");
    text
}
