//! A server process that prints one JSON line with its `url` when it is ready.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::process;

const READY_WITHIN: Duration = Duration::from_mins(5);
const GONE_WITHIN: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_millis(100);

/// Where requests go, and what they show.
#[derive(Clone)]
pub struct Target {
    pub url: String,
    /// For `Authorization: Bearer`; `None` where anybody may ask.
    pub token: Option<String>,
}

/// A running server. Dropping it ends the process.
pub struct Server {
    child: Child,
    pub target: Target,
    /// What it said when it was ready.
    pub ready: Value,
}

impl Server {
    pub fn start(command: &mut Command) -> Result<Self> {
        Self::start_workers(command, 1)
    }

    /// One that prints the line from each of several processes.
    pub fn start_workers(command: &mut Command, workers: usize) -> Result<Self> {
        process::stop_if_interrupted()?;
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {program}"))?;
        let stdout = child.stdout.take();
        let mut server = Self {
            child,
            target: Target {
                url: String::new(),
                token: None,
            },
            ready: Value::Null,
        };
        let ready = wait_for_ready_lines(stdout.context("no standard output")?, workers)
            .with_context(|| format!("{program} did not get ready"))?;
        let text = |name: &str| ready[name].as_str().map(str::to_owned);
        server.target = Target {
            url: text("url").unwrap_or_default(),
            token: text("token"),
        };
        server.ready = ready;
        Ok(server)
    }
}

impl Server {
    /// The most memory that it ever had at once, where the system tells (Linux does).
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        peak_bytes(&status)
    }

    /// The memory that it has now.
    pub fn memory_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        bytes_of(&status, "VmRSS:")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let start = Instant::now();
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
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

/// `VmHWM` of a process's status.
pub fn peak_bytes(status: &str) -> Option<u64> {
    bytes_of(status, "VmHWM:")
}

fn bytes_of(status: &str, name: &str) -> Option<u64> {
    let given = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = given.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn wait_for_ready_lines(stdout: ChildStdout, workers: usize) -> Result<Value> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || pass_ready_line(stdout, &sender));
    let start = Instant::now();
    let mut missing = workers;
    loop {
        match receiver.recv_timeout(STEP) {
            Ok(line) if missing <= 1 => return Ok(line),
            Ok(_) => missing -= 1,
            Err(RecvTimeoutError::Disconnected) => bail!("it ended without a line with its url"),
            Err(RecvTimeoutError::Timeout) => {
                process::stop_if_interrupted()?;
                ensure!(
                    start.elapsed() < READY_WITHIN,
                    "it took over {READY_WITHIN:?}"
                );
            }
        }
    }
}

/// Reads to the end, so that the server never waits for a full pipe.
fn pass_ready_line(stdout: ChildStdout, sender: &Sender<Value>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if let Ok(value) = serde_json::from_str::<Value>(&line)
            && value["url"].is_string()
        {
            // Nobody listens any more once the awaited lines came.
            let _ = sender.send(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes_of, peak_bytes};

    #[test]
    fn reads_the_peak_of_the_memory() {
        let status =
            "Name:\ttallystick\nVmPeak:\t  812344 kB\nVmHWM:\t   31744 kB\nVmRSS:\t 30000 kB\n";
        assert_eq!(peak_bytes(status), Some(31_744 * 1024));
        assert_eq!(peak_bytes("Name:\ttallystick\n"), None);
        assert_eq!(bytes_of(status, "VmRSS:"), Some(30_000 * 1024));
    }
}
