//! The same transactions in a Python script of a hundred lines: [replay.py](replay.py).

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::statement::Statement;
use super::{Bench, whole};
use crate::bench::figures::median;

const SCRIPT: &str = include_str!("replay.py");

/// Medians in seconds.
pub struct Script {
    /// From its start to its end.
    pub whole: f64,
    /// For the lots alone.
    pub book: f64,
}

pub fn measure(bench: &Bench, statement: &Statement, method: &str) -> Result<Script> {
    let script = bench.scratch.path().join("replay.py");
    fs::write(&script, SCRIPT)?;
    let (mut all, mut booking) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.rounds {
        let mut python = Command::new("python3");
        python.arg(&script).arg(&statement.file).arg(method);
        let ran = whole::run(&mut python)?;
        let told: Value = serde_json::from_str(&ran.printed).context("the script told nothing")?;
        all.push(ran.seconds);
        booking.push(told["book"].as_f64().context("the script told no time")?);
    }
    Ok(Script {
        whole: median(&all),
        book: median(&booking),
    })
}
