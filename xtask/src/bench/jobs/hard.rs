//! The same with a long history in the table, and beside a transaction that stays open for minutes.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use testservers::find_postgres;

use super::Bench;
use super::ours::BATCHES;
use super::rates::{new_database, settle};
use crate::bench::Engine;
use crate::bench::figures::{cut, median, percent};
use crate::bench::report::Table;
use crate::process;

/// Of the rate without what makes it hard.
const GOAL: f64 = 0.9;

pub fn measure(bench: &Bench) -> Result<Table> {
    let mut table = Table::new(
        &format!(
            "Claim to completion in hard cases, {}, jobs a second, medians of {} turns",
            BATCHES.title, bench.options.rounds
        ),
        &[
            "Case", "Engine", "Clean", "Hard", "Share", "Goal", "Outcome",
        ],
    );
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let case = format!("{} finished jobs", bench.options.finished);
        let (clean, hard) = with_history(bench, engine)?;
        table.add(row(case, engine, clean, hard));
    }
    let case = format!("a transaction open for {} s", bench.options.held_seconds);
    let (clean, hard) = beside_a_snapshot(bench)?;
    table.add(row(case, Engine::Postgres, clean, hard));
    Ok(table)
}

fn row(case: String, engine: Engine, clean: f64, hard: f64) -> [String; 7] {
    let outcome = if hard >= GOAL * clean {
        "reached"
    } else {
        "missed"
    };
    [
        case,
        engine.name().to_owned(),
        cut(clean, 0),
        cut(hard, 0),
        percent(hard, clean),
        "90 %".to_owned(),
        outcome.to_owned(),
    ]
}

/// Two databases that take turns, so that what else the machine does meets both alike.
fn with_history(bench: &Bench, engine: Engine) -> Result<(f64, f64)> {
    let clean = Side::new(bench, engine, "clean")?;
    let hard = Side::new(bench, engine, "history")?;
    bench
        .program
        .add_finished(&hard.database, bench.options.finished)?;
    let (mut clean_rates, mut hard_rates) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.rounds {
        clean_rates.push(clean.turn(bench, true)?);
        hard_rates.push(hard.turn(bench, true)?);
    }
    Ok((median(&clean_rates), median(&hard_rates)))
}

/// Jobs are done all the time while the transaction is open, so that what they leave behind piles up; the
/// turns that begin after it has been open for long count.
fn beside_a_snapshot(bench: &Bench) -> Result<(f64, f64)> {
    let side = Side::new(bench, Engine::Postgres, "snapshot")?;
    let mut clean = Vec::new();
    for _ in 0..bench.options.rounds {
        clean.push(side.turn(bench, true)?);
    }
    let snapshot = Snapshot::hold(bench, &side.name)?;
    let since = Instant::now();
    let long = Duration::from_secs(bench.options.held_seconds);
    while since.elapsed() < long {
        side.turn(bench, false)?;
    }
    let mut hard = Vec::new();
    for _ in 0..bench.options.rounds {
        hard.push(side.turn(bench, false)?);
    }
    drop(snapshot);
    Ok((median(&clean), median(&hard)))
}

struct Side {
    engine: Engine,
    name: String,
    database: String,
}

impl Side {
    fn new(bench: &Bench, engine: Engine, what: &str) -> Result<Self> {
        let name = format!("hard_{what}");
        let database = new_database(bench, engine, &name)?;
        Ok(Self {
            engine,
            name,
            database,
        })
    }

    fn turn(&self, bench: &Bench, is_settled: bool) -> Result<f64> {
        let options = bench.options;
        let program = &bench.program;
        program.enqueue(&self.database, options.jobs, options.threads)?;
        if is_settled {
            settle(bench, self.engine, &self.name)?;
        }
        let rate = program.rate(&self.database, BATCHES, options.seconds)?;
        println!("{}: {} jobs a second", self.name, cut(rate, 0));
        Ok(rate)
    }
}

/// A session with an open transaction that sees the server as it is now. Dropping it ends the session.
struct Snapshot(Child);

impl Snapshot {
    /// In the same database: one elsewhere on the server holds nothing back here.
    fn hold(bench: &Bench, database: &str) -> Result<Self> {
        let psql = find_postgres()
            .map(|folder| folder.join("psql"))
            .context("psql was not found")?;
        let begin = "SET client_connection_check_interval = 1000; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT txid_current(), count(*) FROM jobs; \
                     SELECT pg_sleep(86400)";
        let child = Command::new(psql)
            .args(["-X", "-q", "-d", &bench.cluster.url(database)])
            .args(["-c", begin])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot run psql")?;
        let snapshot = Self(child);
        let is_held = "SELECT count(*) FROM pg_stat_activity \
                       WHERE backend_xmin IS NOT NULL AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";
        while bench.cluster.psql(database, is_held)? == "0" {
            process::stop_if_interrupted()?;
            sleep(Duration::from_millis(50));
        }
        Ok(snapshot)
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
