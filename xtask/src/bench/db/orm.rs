//! The program that asks through the product's own layer over sea-orm, without HTTP and caches.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::product::Profile;
use crate::process;
use crate::workspace::Workspace;

/// How often a statement is timed on a held connection and on a lent one.
const LENDINGS: usize = 20_000;

pub struct Program(PathBuf);

pub struct Rate {
    pub per_second: f64,
    pub slowest_percent_ms: f64,
}

/// The times of one statement, in microseconds at the median.
pub struct Lending {
    pub held_us: f64,
    pub lent_us: f64,
}

impl Lending {
    /// What taking a connection and giving it back adds.
    pub fn difference_us(&self) -> f64 {
        self.lent_us - self.held_us
    }
}

impl Program {
    pub fn build(workspace: &Workspace, profile: Profile) -> Result<Self> {
        profile.build(workspace, &["-p", "tests", "--example", "db_load"])?;
        let program = profile.directory(workspace).join("examples/db_load");
        Ok(Self(program))
    }

    pub fn round(&self, what: &str, values: &[(&str, &str)], seconds: u32) -> Result<Rate> {
        let seconds = seconds.to_string();
        let mut all = values.to_vec();
        all.push(("seconds", &seconds));
        let answer = self.ask(what, &all)?;
        Ok(Rate {
            per_second: number(&answer, "per_second")?,
            slowest_percent_ms: number(&answer, "slowest_percent_us")? / 1e3,
        })
    }

    pub fn lending(&self, database: &str) -> Result<Lending> {
        let times = LENDINGS.to_string();
        let answer = self.ask("lending", &[("database", database), ("times", &times)])?;
        Ok(Lending {
            held_us: number(&answer, "held_us")?,
            lent_us: number(&answer, "lent_us")?,
        })
    }

    /// Reads prices from a file into the table; the command, so that it can be timed as a whole.
    pub fn copy(&self, database: &str, file: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.args(["copy", &format!("database={database}")]);
        command.arg(format!("file={}", file.display()));
        command
    }

    fn ask(&self, what: &str, values: &[(&str, &str)]) -> Result<Value> {
        let mut command = Command::new(&self.0);
        command.arg(what);
        command.args(values.iter().map(|(name, value)| format!("{name}={value}")));
        let printed = process::read(&mut command)?;
        serde_json::from_str(&printed).with_context(|| format!("db_load printed: {printed}"))
    }
}

fn number(answer: &Value, name: &str) -> Result<f64> {
    let number = answer[name].as_f64();
    number.with_context(|| format!("db_load printed no {name}: {answer}"))
}
