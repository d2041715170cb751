//! `tallystick import` of a long file, as a whole process.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::statement::Statement;
use super::whole::{self, mebibytes};
use super::{Bench, Engine, script};
use crate::bench::account::Account;
use crate::bench::as_service;
use crate::bench::figures::{cut, median, raised};
use crate::bench::report::Table;

#[allow(clippy::cast_precision_loss)]
pub fn measure(bench: &Bench) -> Result<Table> {
    let statement = Statement::write(bench.scratch.path(), bench.options.rows)?;
    let mut table = Table::new(
        "Import of one file, whole processes, medians; the script keeps lots in memory and writes nothing",
        &[
            "What",
            "Rows",
            "Seconds",
            "Rows a second",
            "Memory",
            "Times the script",
        ],
    );
    let script = script::measure(bench, &statement, "fifo")?;
    table.add([
        "Python script".to_owned(),
        statement.rows.to_string(),
        raised(script.whole, 2),
        cut(statement.rows as f64 / script.whole, 0),
        String::new(),
        "1.00".to_owned(),
    ]);
    for engine in Engine::BOTH {
        for (what, seconds, memory) in import(bench, engine, &statement)? {
            table.add([
                format!("{}, {what}", engine.name()),
                statement.rows.to_string(),
                raised(seconds, 2),
                cut(statement.rows as f64 / seconds, 0),
                mebibytes(memory),
                raised(seconds / script.whole, 2),
            ]);
        }
    }
    Ok(table)
}

type Figures = (&'static str, f64, Option<u64>);

fn import(bench: &Bench, engine: Engine, statement: &Statement) -> Result<[Figures; 2]> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    let (mut first_memory, mut again_memory) = (None, None);
    for round in 0..bench.options.rounds {
        let database = bench.new_database(engine, &format!("bench_import_{round}"))?;
        let service = as_service(&database);
        Account::add(&bench.product, &service, bench.scratch.path())?;
        let new = once(bench, &service, statement, "transactions")?;
        first.push(new.seconds);
        first_memory = first_memory.max(new.peak_bytes);
        let same = once(bench, &service, statement, "already_present")?;
        again.push(same.seconds);
        again_memory = again_memory.max(same.peak_bytes);
    }
    Ok([
        ("new", median(&first), first_memory),
        ("the same again", median(&again), again_memory),
    ])
}

fn once(
    bench: &Bench,
    database: &str,
    statement: &Statement,
    all_are: &str,
) -> Result<whole::Whole> {
    let file = statement.file.to_string_lossy();
    let arguments = [
        "import",
        &file,
        "--portfolio",
        "bench",
        "--currency",
        "USD",
        "--json",
    ];
    let mut command = bench
        .product
        .command(&arguments, database, bench.scratch.path());
    let ran = whole::run(&mut command)?;
    let told: Value = serde_json::from_str(&ran.printed).context("import printed no JSON")?;
    let count = told[all_are].as_u64().unwrap_or_default();
    ensure!(count == statement.rows as u64, "import told {told}");
    Ok(ran)
}
