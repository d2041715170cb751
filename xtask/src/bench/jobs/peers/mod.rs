//! Other queues on PostgreSQL, each a worker in its own language from its own package.

mod graphile;
mod procrastinate;
mod worker;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;
use worker::Worker;

const SCRIPTS: &str = "xtask/src/bench/jobs/peers";

/// Whether jobs of the same thread run one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ordered,
    Free,
}

impl Order {
    pub const BOTH: [Self; 2] = [Self::Ordered, Self::Free];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Free => "free",
        }
    }
}

/// A package that was found or installed.
pub struct Peer {
    /// For the names of databases.
    pub name: &'static str,
    /// With version and licence.
    pub title: String,
    program: PathBuf,
    script: PathBuf,
    /// Where the program finds the package, if it must be told.
    variable: Option<(&'static str, PathBuf)>,
}

impl Peer {
    /// Those that can be had on this machine; of the others it is said why not.
    pub fn find_or_install(workspace: &Workspace) -> Vec<Self> {
        let candidates = [
            ("procrastinate", procrastinate::find_or_install(workspace)),
            ("graphile-worker", graphile::find_or_install(workspace)),
        ];
        let found = candidates.into_iter().filter_map(|(name, peer)| {
            peer.inspect_err(|error| println!("{name} is left out: {error:#}"))
                .ok()
        });
        found.collect()
    }

    /// Makes the package's tables and fills them.
    pub fn enqueue(&self, url: &str, jobs: usize, threads: usize, order: Order) -> Result<()> {
        let mut enqueue = self.command("enqueue", url);
        enqueue.args([&jobs.to_string(), &threads.to_string(), order.name()]);
        process::read(&mut enqueue).map(drop)
    }

    /// Jobs a second that one process does of those in the queue, for a while or until all are done.
    pub fn rate(
        &self,
        url: &str,
        jobs: usize,
        concurrency: usize,
        order: Order,
        at_most: Duration,
    ) -> Result<f64> {
        let mut work = self.command("work", url);
        work.args([&concurrency.to_string(), order.name()]);
        Worker::start(&mut work)?.rate(jobs, at_most)
    }

    /// Milliseconds from before each job is enqueued until it starts in a worker that waits.
    pub fn latencies(&self, url: &str, jobs: usize) -> Result<Vec<f64>> {
        let printed = process::read(self.command("latency", url).arg(jobs.to_string()))?;
        let answer: Value = serde_json::from_str(&printed).context("a peer printed no JSON")?;
        let times = answer["milliseconds"].as_array();
        let times = times.context("a peer printed no times")?;
        let times: Vec<f64> = times.iter().filter_map(Value::as_f64).collect();
        ensure!(times.len() == jobs, "a peer printed {} times", times.len());
        Ok(times)
    }

    fn command(&self, what: &str, url: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(&self.script).args([what, url]);
        command.stdin(Stdio::null());
        if let Some((name, value)) = &self.variable {
            command.env(name, value);
        }
        command
    }
}

fn script(workspace: &Workspace, file: &str) -> PathBuf {
    Path::new(&workspace.root).join(SCRIPTS).join(file)
}
