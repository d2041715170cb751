//! `cargo xtask faults`: the fault tests at their full length, one at a time.

mod figure;
mod log;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;
use testservers::find_postgres;

use crate::bench::machine;
use crate::bench::report::{self, Table};
use crate::process;
use crate::workspace::Workspace;
use log::Log;

const FILE: &str = "docs/reliability.md";
const MARKER: &str = "faults";
const SEED_VARIABLE: &str = "FAULTS_SEED";
const LENGTH_VARIABLE: &str = "FAULTS_LONG";

#[derive(Args)]
pub struct Options {
    /// What decides the random faults; the tests have a fixed one of their own
    #[arg(long)]
    seed: Option<u64>,
    /// Print the table, and leave docs/reliability.md as it is
    #[arg(long)]
    no_write: bool,
    /// Only the tests with this in their names; the document is left as it is
    scenario: Option<String>,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    process::unwind_on_signals()?;
    let mut log = Log::default();
    let mut tests = tests(workspace, options.scenario.as_deref())?;
    tests.env(LENGTH_VARIABLE, "1");
    if let Some(seed) = options.seed {
        tests.env(SEED_VARIABLE, seed.to_string());
    }
    let status = process::watch(&mut tests, |line| log.add_line(line))?;
    process::stop_if_interrupted()?;
    ensure!(!log.figures.is_empty(), "no fault test ran: see above");
    let report = describe(&log)?;
    println!("\n{report}");
    if options.scenario.is_none() && !options.no_write {
        report::keep(&workspace.root, FILE, MARKER, &report)?;
    }
    Ok(status.success())
}

fn tests(workspace: &Workspace, scenario: Option<&str>) -> Result<Command> {
    ensure!(
        process::find_program("cargo-nextest").is_some(),
        "cargo-nextest was not found: cargo install cargo-nextest"
    );
    let mut tests = process::cargo(&workspace.root);
    tests.args(["nextest", "run", "--no-fail-fast", "--no-capture"]);
    for package in &workspace.metadata.packages {
        if let Some(folder) = package.manifest_path.parent()
            && has_fault_tests(folder.as_std_path())
        {
            tests.args(["-p", package.name.as_str()]);
        }
    }
    // Tests are functions, whose names have no hyphens.
    let wanted = scenario.map_or_else(String::new, |name| {
        format!(" & test({})", name.replace('-', "_"))
    });
    let faults = "(test(/(^|::)faults_/) + (package(db) & test(faults::)))";
    tests.arg("-E").arg(format!("{faults}{wanted}"));
    Ok(tests)
}

/// By the names of their files.
fn has_fault_tests(package: &Path) -> bool {
    let pattern = package.join("tests/**/faults_*.rs");
    glob::glob(&pattern.to_string_lossy()).is_ok_and(|mut found| found.next().is_some())
}

fn describe(log: &Log) -> Result<String> {
    let mut table = Table::new(
        "Each scenario's figures",
        &["Scenario", "What", "Figure", "Goal", "Reached"],
    );
    for figure in &log.figures {
        table.add(figure.row());
    }
    let mut text = format!(
        "Measured by `cargo xtask faults` with seed {} on {}; {}.\n\n{table}",
        log.seed.as_deref().unwrap_or("unknown"),
        machine::describe()?,
        postgres_version()?,
    );
    let missed = log.figures.iter().filter(|figure| figure.is_missed());
    writeln!(text, "\n{} goals were missed.", missed.count())?;
    for failure in &log.failures {
        writeln!(text, "\nThe test `{failure}` failed.")?;
    }
    Ok(text)
}

fn postgres_version() -> Result<String> {
    find_postgres().map_or_else(
        || Ok("no PostgreSQL".to_owned()),
        |folder| process::version_line(Command::new(folder.join("postgres")).arg("--version")),
    )
}
