//! A worker process that says when it is ready, begins when it is told, and counts what it has done.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::process;

const READY_WITHIN: Duration = Duration::from_mins(1);
const GONE_WITHIN: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(50);

/// Dropping it ends the process.
pub struct Worker {
    child: Child,
    told: Receiver<Value>,
}

impl Worker {
    /// Returns when it is ready.
    pub fn start(command: &mut Command) -> Result<Self> {
        process::stop_if_interrupted()?;
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child =
            spawned.with_context(|| format!("cannot run {}", command.get_program().display()))?;
        let stdout = child.stdout.take().context("no standard output")?;
        let (sender, told) = mpsc::channel();
        thread::spawn(move || pass_lines(stdout, &sender));
        let worker = Self { child, told };
        let ready = worker.next_line(Instant::now() + READY_WITHIN)?;
        ensure!(ready.is_some(), "a worker did not get ready in time");
        Ok(worker)
    }

    /// Jobs a second, for `at_most` that long or until all are done.
    pub fn rate(mut self, jobs: usize, at_most: Duration) -> Result<f64> {
        let stdin = self.child.stdin.as_mut().context("no standard input")?;
        writeln!(stdin, "go")?;
        let start = Instant::now();
        let (mut done, mut last) = (0, start);
        while let Some(line) = self.next_line(start + at_most)? {
            done = line["done"].as_u64().unwrap_or(done);
            last = Instant::now();
            if done >= u64::try_from(jobs)? || start.elapsed() >= at_most {
                break;
            }
        }
        ensure!(done > 0, "a worker did nothing within {at_most:?}");
        #[allow(clippy::cast_precision_loss)]
        Ok(done as f64 / (last - start).as_secs_f64())
    }

    /// `None` once it is late.
    fn next_line(&self, until: Instant) -> Result<Option<Value>> {
        loop {
            process::stop_if_interrupted()?;
            match self.told.recv_timeout(STEP) {
                Ok(line) => return Ok(Some(line)),
                Err(RecvTimeoutError::Disconnected) => bail!("a worker ended too early"),
                Err(RecvTimeoutError::Timeout) if Instant::now() >= until => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let start = Instant::now();
        while start.elapsed() < GONE_WITHIN {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(STEP);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end, so that the worker never waits for a full pipe.
fn pass_lines(stdout: ChildStdout, sender: &Sender<Value>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if let Ok(value) = serde_json::from_str(&line) {
            // Nobody listens any more once it was measured.
            let _ = sender.send(value);
        }
    }
}
