//! Requests over HTTP: the product beside FastAPI and a bare handler, in turns.

use std::path::PathBuf;

use anyhow::Result;

use super::fixture::Fixture;
use super::{Bench, Contender};
use crate::bench::figures::{cut, median, percent, raised};
use crate::bench::http::{self, CONNECTIONS, Request};
use crate::bench::report::Table;
use crate::bench::server::Target;

const SCRIPTS: &str = "xtask/src/bench/db/lua";
const WARM_UP_SECONDS: u32 = 1;
const OURS: usize = 0;
const ONE_PROCESS: usize = 1;
const TWO_PROCESSES: usize = 2;
const BARE: usize = 3;

struct Case {
    name: &'static str,
    title: &'static str,
    path: String,
    script: Option<&'static str>,
    /// Compared with a handler that answers as many bytes at once.
    with_bare: bool,
}

/// Medians over the rounds, in requests a second.
pub struct Figures {
    pub name: &'static str,
    title: &'static str,
    body: Option<usize>,
    pub ours: f64,
    slowest_percent_ms: f64,
    pub one_process: f64,
    two_processes: f64,
    pub bare: Option<f64>,
}

pub fn measure(bench: &Bench, fixture: &Fixture, ours: &Target) -> Result<Vec<Figures>> {
    let one = bench.fastapi.serve(fixture, 1)?;
    let two = bench.fastapi.serve(fixture, 2)?;
    let servers = [
        ("Tallystick", ours),
        ("FastAPI, 1 process", &one.target),
        ("FastAPI, 2 processes", &two.target),
    ];
    for (_, target) in &servers {
        fixture.check(target)?;
    }
    cases(fixture)
        .iter()
        .map(|case| measure_case(bench, case, &servers))
        .collect()
}

fn cases(fixture: &Fixture) -> [Case; 6] {
    let read = |name, title, path| Case {
        name,
        title,
        path,
        script: None,
        with_bare: true,
    };
    let pack = |id: &str| format!("/v1/packs/{id}");
    [
        read("latest", "Latest pack", "/v1/packs/latest".to_owned()),
        read("frozen", "Frozen pack by id", pack(&fixture.frozen_pack)),
        read("warming", "Warming pack by id", pack(&fixture.warming_pack)),
        read(
            "positions",
            "Positions of 50 lots",
            fixture.positions_path(),
        ),
        Case {
            script: Some("any_date.lua"),
            with_bare: false,
            ..read(
                "any date",
                "Positions, each at another date",
                fixture.positions_path(),
            )
        },
        Case {
            script: Some("insert.lua"),
            with_bare: false,
            ..read(
                "insert",
                "Insert of a security",
                "/v1/securities".to_owned(),
            )
        },
    ]
}

fn measure_case(bench: &Bench, case: &Case, servers: &[Contender; 3]) -> Result<Figures> {
    let script = case.script.map(|file| script_path(bench, file));
    let request = Request {
        path: &case.path,
        headers: &[],
        script: script.as_deref(),
    };
    let mut contenders = servers.to_vec();
    let (mut body, mut bare) = (None, None);
    if case.with_bare {
        let bytes = http::get(servers[OURS].1, &case.path)?.len();
        body = Some(bytes);
        bare = Some(bench.product.serve_bare(bytes)?);
    }
    if let Some(bare) = &bare {
        contenders.push(("Bare handler", &bare.target));
    }
    let (rates, slowest) = take_turns(bench, request, &contenders)?;
    let rate = |index: usize| rates.get(index).map(|rounds| median(rounds));
    let measured = |index| rate(index).unwrap_or(f64::NAN);
    for ((name, _), rounds) in contenders.iter().zip(&rates) {
        println!("{}: {name} {} a second", case.title, cut(median(rounds), 0));
    }
    Ok(Figures {
        name: case.name,
        title: case.title,
        body,
        ours: measured(OURS),
        slowest_percent_ms: median(&slowest),
        one_process: measured(ONE_PROCESS),
        two_processes: measured(TWO_PROCESSES),
        bare: rate(BARE),
    })
}

fn script_path(bench: &Bench, file: &str) -> PathBuf {
    bench.workspace.root.join(SCRIPTS).join(file)
}

/// The rates of each contender by round, and the latencies of the first.
fn take_turns(
    bench: &Bench,
    request: Request,
    contenders: &[Contender],
) -> Result<(Vec<Vec<f64>>, Vec<f64>)> {
    for (_, target) in contenders {
        http::round(target, request, WARM_UP_SECONDS)?;
    }
    let mut rates = vec![Vec::new(); contenders.len()];
    let mut slowest = Vec::new();
    for _ in 0..bench.options.rounds {
        for (index, ((_, target), rates)) in contenders.iter().zip(&mut rates).enumerate() {
            let load = http::round(target, request, bench.options.seconds)?;
            rates.push(load.requests_per_second);
            if index == OURS {
                slowest.push(load.slowest_percent_ms()?);
            }
        }
    }
    Ok((rates, slowest))
}

pub fn table(all: &[Figures]) -> Table {
    let mut table = Table::new(
        &format!(
            "Requests a second over HTTP at {CONNECTIONS} keep-alive connections, medians of the rounds"
        ),
        &[
            "What",
            "Body",
            "Tallystick",
            "99% within",
            "FastAPI, 1 process",
            "FastAPI, 2 processes",
            "Times FastAPI (1, 2)",
            "Bare handler",
            "Share of bare",
        ],
    );
    for figures in all {
        table.add(row(figures));
    }
    table
}

fn row(figures: &Figures) -> [String; 9] {
    let absent = || "–".to_owned();
    let times = |theirs: f64| cut(figures.ours / theirs, 1);
    [
        figures.title.to_owned(),
        figures
            .body
            .map_or_else(absent, |bytes| format!("{bytes} B")),
        cut(figures.ours, 0),
        format!("{} ms", raised(figures.slowest_percent_ms, 2)),
        cut(figures.one_process, 0),
        cut(figures.two_processes, 0),
        format!(
            "{}, {}",
            times(figures.one_process),
            times(figures.two_processes)
        ),
        figures.bare.map_or_else(absent, |bare| cut(bare, 0)),
        figures
            .bare
            .map_or_else(absent, |bare| percent(figures.ours, bare)),
    ]
}
