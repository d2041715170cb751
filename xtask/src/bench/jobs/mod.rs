//! `cargo xtask bench jobs`: the queue of jobs through the service's own functions, beside other queues
//! on the same PostgreSQL server.

mod hard;
mod latency;
mod ours;
mod peers;
mod rates;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use tempfile::TempDir;
use testservers::{Cluster, Durability};

use super::product::{Product, Profile};
use super::report::Report;
use super::{machine, make_service_role};
use crate::workspace::Workspace;
use ours::Program;
use peers::Peer;

#[derive(Args)]
pub struct Options {
    /// How often each contender has its turn; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Jobs in the queue at the start of each turn
    #[arg(long, default_value_t = 20_000)]
    jobs: usize,
    /// Threads that they belong to, in turns
    #[arg(long, default_value_t = 200)]
    threads: usize,
    /// How long a turn takes at most, in seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Jobs that are enqueued one by one while a worker waits
    #[arg(long, default_value_t = 500)]
    latencies: usize,
    /// Finished jobs in the table of the hard cases
    #[arg(long, default_value_t = 1_000_000)]
    finished: usize,
    /// How long a transaction stays open on PostgreSQL before and while jobs are done, in seconds
    #[arg(long, default_value_t = 120)]
    held_seconds: u64,
    /// Measure builds without optimization, to try the bench itself; nothing is written
    #[arg(long)]
    debug: bool,
    /// Print the tables, and leave docs/performance.md as it is
    #[arg(long)]
    no_write: bool,
}

impl Options {
    fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// What the measurements share.
struct Bench<'a> {
    options: &'a Options,
    product: Product,
    program: Program,
    peers: Vec<Peer>,
    cluster: Cluster,
    scratch: TempDir,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    ensure!(
        options.rounds > 0 && options.jobs > 0 && options.threads > 0 && options.latencies > 0,
        "nothing to measure"
    );
    let profile = if options.debug {
        Profile::Debug
    } else {
        Profile::Release
    };
    let bench = Bench {
        options,
        product: Product::build(workspace, profile)?,
        program: Program::build(workspace, profile)?,
        peers: Peer::find_or_install(workspace),
        cluster: Cluster::start(Durability::Committed)?,
        scratch: tempfile::Builder::new()
            .prefix("tallystick-bench-jobs-")
            .tempdir()?,
    };
    make_service_role(&bench.cluster)?;
    let report = Report {
        command: "bench jobs",
        machine: format!("{}; {}", machine::describe()?, beside(&bench)?),
        tables: vec![
            rates::measure(&bench)?,
            latency::measure(&bench)?,
            hard::measure(&bench)?,
        ],
        appendix: String::new(),
    };
    println!("\n{report}");
    if options.no_write || options.debug {
        Ok(())
    } else {
        report.write(&workspace.root)
    }
}

fn beside(bench: &Bench) -> Result<String> {
    let server = bench.cluster.psql("postgres", "SHOW server_version")?;
    let server = server.split_whitespace().next().context("no version")?;
    let peers = bench.peers.iter().map(|peer| peer.title.as_str());
    let all: Vec<_> = std::iter::once(format!("PostgreSQL {server}"))
        .chain(peers.map(str::to_owned))
        .collect();
    Ok(all.join("; "))
}
