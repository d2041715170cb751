//! A whole process: how long it took, and the most memory that it had at once.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bench::server::peak_bytes;
use crate::process;

const LOOK: Duration = Duration::from_millis(5);

pub struct Whole {
    pub seconds: f64,
    /// As it was last seen, at most 5 ms before the end.
    pub peak_bytes: Option<u64>,
    pub printed: String,
}

/// What it prints must be less than a pipe holds.
pub fn run(command: &mut Command) -> Result<Whole> {
    process::stop_if_interrupted()?;
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {name}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait()?.is_none() {
        peak = fs::read_to_string(&status)
            .ok()
            .and_then(|status| peak_bytes(&status))
            .or(peak);
        thread::sleep(LOOK);
    }
    let seconds = start.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{name} failed: {}", output.status);
    Ok(Whole {
        seconds,
        peak_bytes: peak,
        printed: String::from_utf8_lossy(&output.stdout).into_owned(),
    })
}

/// In MiB.
#[allow(clippy::cast_precision_loss)]
pub fn mebibytes(bytes: Option<u64>) -> String {
    use crate::bench::figures::raised;
    bytes.map_or_else(
        || "unknown".to_owned(),
        |bytes| format!("{} MiB", raised(bytes as f64 / 1_048_576.0, 0)),
    )
}
