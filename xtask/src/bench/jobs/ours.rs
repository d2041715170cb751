//! The program that enqueues and does jobs through the service's own functions, without HTTP.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::product::Profile;
use crate::process;
use crate::workspace::Workspace;

pub struct Program(PathBuf);

/// How jobs are taken: by so many at once, so many at a time.
#[derive(Clone, Copy)]
pub struct Way {
    pub title: &'static str,
    pub workers: usize,
    pub batch: usize,
}

pub const BATCHES: Way = Way {
    title: "2 workers, batches of 100",
    workers: 2,
    batch: 100,
};
pub const SINGLE: Way = Way {
    title: "16 workers, one by one",
    workers: 16,
    batch: 1,
};

impl Program {
    pub fn build(workspace: &Workspace, profile: Profile) -> Result<Self> {
        profile.build(workspace, &["-p", "workflow", "--example", "jobs_load"])?;
        let program = profile.directory(workspace).join("examples/jobs_load");
        Ok(Self(program))
    }

    pub fn enqueue(&self, database: &str, jobs: usize, threads: usize) -> Result<()> {
        let (jobs, threads) = (jobs.to_string(), threads.to_string());
        let values = [("jobs", jobs.as_str()), ("threads", &threads)];
        self.ask("enqueue", database, &values).map(drop)
    }

    /// Jobs a second, of those in the queue, for a while or until all are done.
    pub fn rate(&self, database: &str, way: Way, seconds: u64) -> Result<f64> {
        let values = [
            ("workers", way.workers.to_string()),
            ("batch", way.batch.to_string()),
            ("seconds", seconds.to_string()),
        ];
        let values: Vec<_> = values.iter().map(|(name, v)| (*name, v.as_str())).collect();
        let answer = self.ask("work", database, &values)?;
        let rate = answer["per_second"].as_f64();
        rate.with_context(|| format!("jobs_load printed no rate: {answer}"))
    }

    /// Adds jobs that have ended long ago.
    pub fn add_finished(&self, database: &str, jobs: usize) -> Result<()> {
        let jobs = jobs.to_string();
        self.ask("add_finished", database, &[("jobs", &jobs)])
            .map(drop)
    }

    /// Milliseconds from before each job is enqueued until it starts in a worker that waits.
    pub fn latencies(&self, database: &str, jobs: usize, place: Place) -> Result<Vec<f64>> {
        let jobs = jobs.to_string();
        let values = [("jobs", jobs.as_str()), ("place", place.name())];
        let answer = self.ask("latency", database, &values)?;
        let times = answer["milliseconds"].as_array();
        let times = times.context("jobs_load printed no times")?;
        Ok(times.iter().filter_map(Value::as_f64).collect())
    }

    fn ask(&self, what: &str, database: &str, values: &[(&str, &str)]) -> Result<Value> {
        let mut command = Command::new(&self.0);
        command.args([what, &format!("database={database}")]);
        command.args(values.iter().map(|(name, value)| format!("{name}={value}")));
        let printed = process::read(&mut command)?;
        serde_json::from_str(&printed).with_context(|| format!("jobs_load printed: {printed}"))
    }
}

/// Where the worker waits, as whoever enqueues sees it.
#[derive(Clone, Copy)]
pub enum Place {
    SameProcess,
    /// Over a connection of its own, as a process of its own would.
    OtherProcess,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::SameProcess => "same",
            Self::OtherProcess => "other",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::SameProcess => "in the same process",
            Self::OtherProcess => "over a pool of its own",
        }
    }
}
