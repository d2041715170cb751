//! The positions of a portfolio of twelve years, over REST, each request at another date.

use std::fmt::Write;
use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::statement::{LAST_DAY, SECURITIES, Statement, date};
use super::whole::mebibytes;
use super::{Bench, Engine};
use crate::bench::account::Account;
use crate::bench::figures::{median, raised};
use crate::bench::report::Table;
use crate::bench::server::Target;
use crate::bench::{as_service, http};
use crate::process;

const TRANSACTIONS: usize = 14_400;
const REQUESTS: usize = 200;

pub fn measure(bench: &Bench) -> Result<Table> {
    let mut table = Table::new(
        "Positions of 14,400 transactions in 250 securities over 12 years, one client, milliseconds",
        &[
            "Engine",
            "Today, median",
            "Other dates, median",
            "99th of 100",
            "Slowest",
            "Memory",
        ],
    );
    for engine in Engine::BOTH {
        table.add(of(bench, engine)?);
    }
    Ok(table)
}

fn of(bench: &Bench, engine: Engine) -> Result<[String; 6]> {
    let directory = bench.scratch.path();
    let database = bench.new_database(engine, "bench_positions")?;
    let service = as_service(&database);
    let account = Account::add(&bench.product, &service, directory)?;
    let statement = Statement::write(directory, TRANSACTIONS)?;
    let run = |arguments: &[&str]| {
        process::read(&mut bench.product.command(arguments, &service, directory))
    };
    let file = statement.file.to_string_lossy();
    let imported = run(&[
        "import",
        &file,
        "--portfolio",
        "bench",
        "--currency",
        "USD",
        "--json",
    ])?;
    let imported: Value = serde_json::from_str(&imported)?;
    let portfolio = imported["portfolio_id"]
        .as_str()
        .context("import told no portfolio")?;
    let prices = directory.join("positions-prices.csv");
    fs::write(&prices, prices_text()?)?;
    let (prices, day) = (prices.to_string_lossy(), date(LAST_DAY));
    let pack = format!("PP_{day}");
    run(&[
        "pack", "build", "--asof", &day, "--prices", &prices, "--fresh", "--json",
    ])?;
    let server = bench.product.serve(&service, directory)?;
    let target = account.log_in(&server.target)?;
    let path = format!("/v1/portfolios/{portfolio}/positions");
    let today = times(&target, |_| path.clone())?;
    let others = times(&target, |number| {
        // Backwards through all twelve years, so that nothing is found in a memory of answers.
        let day = date(LAST_DAY - number * (LAST_DAY / REQUESTS));
        format!("{path}?pack_id={pack}&asof={day}")
    })?;
    let slow = |share: usize| {
        others
            .get(others.len() * share / 100)
            .or(others.last())
            .copied()
    };
    Ok([
        engine.name().to_owned(),
        raised(median(&today), 2),
        raised(median(&others), 2),
        raised(slow(99).context("no requests")?, 2),
        raised(slow(100).context("no requests")?, 2),
        mebibytes(server.peak_memory_bytes()),
    ])
}

fn prices_text() -> Result<String> {
    let mut text = String::from("symbol,close,currency\n");
    for number in 0..SECURITIES {
        writeln!(text, "S{number},{}.5,USD", 20 + number % 50)?;
    }
    Ok(text)
}

/// Milliseconds, sorted; after one request that opens the connections.
fn times(target: &Target, path: impl Fn(usize) -> String) -> Result<Vec<f64>> {
    http::get(target, &path(0))?;
    let mut times = Vec::new();
    for number in 0..REQUESTS {
        let path = path(number);
        let start = Instant::now();
        let answer = http::get_json(target, &path)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(
            answer["base_currency"] == json!("USD"),
            "{path} answered {answer}"
        );
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}
