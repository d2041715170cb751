//! `cargo xtask bench security`: what accounts, tokens and row security cost. The release before them
//! and this one take turns on the same questions.

mod cases;
mod rounds;
mod sides;
mod table;

use anyhow::{Result, ensure};
use clap::Args;
use tempfile::TempDir;
use testservers::{Cluster, Durability};

use super::product::{Product, Profile};
use super::report::Report;
use super::{Engine, machine, make_service_role};
use crate::workspace::Workspace;
use sides::Sides;

#[derive(Args)]
pub struct Options {
    /// How often each contender has its turn with each question; the median counts
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// How long one turn takes, in seconds
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Measure builds without optimization, to try the bench itself; nothing is written
    #[arg(long)]
    debug: bool,
    /// Print the table, and leave docs/performance.md as it is
    #[arg(long)]
    no_write: bool,
}

/// What the measurements share.
struct Bench<'a> {
    options: &'a Options,
    before: Product,
    now: Product,
    cluster: Cluster,
    scratch: TempDir,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    ensure!(options.rounds > 0, "nothing to measure");
    let profile = if options.debug {
        Profile::Debug
    } else {
        Profile::Release
    };
    let bench = Bench {
        options,
        // First: both are linked to one place, and this one is copied away.
        before: Product::find_or_build_previous(workspace, profile)?,
        now: Product::build(workspace, profile)?,
        cluster: Cluster::start(Durability::Committed)?,
        scratch: tempfile::Builder::new()
            .prefix("tallystick-bench-security-")
            .tempdir()?,
    };
    make_service_role(&bench.cluster)?;
    let mut figures = Vec::new();
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let sides = Sides::start(&bench, engine)?;
        figures.extend(rounds::measure(&bench, engine, &sides)?);
    }
    let report = Report {
        command: "bench security",
        machine: machine::describe()?,
        tables: vec![table::table(&figures)],
        appendix: String::new(),
    };
    println!("\n{report}");
    if options.no_write || options.debug {
        Ok(())
    } else {
        report.write(&workspace.root)
    }
}
