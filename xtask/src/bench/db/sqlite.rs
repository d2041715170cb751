//! SQLite's own shell.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use testservers::packages::{self, Package};

use crate::process;

const PACKAGE: Package = Package {
    apt: "sqlite3",
    dnf: "sqlite",
    apk: "sqlite",
    brew: "sqlite",
};

pub fn find_or_install() -> Result<()> {
    if process::find_program("sqlite3").is_some() {
        return Ok(());
    }
    packages::install(&PACKAGE).context("SQLite's shell was not found")
}

pub fn version() -> Result<String> {
    let line = process::version_line(Command::new("sqlite3").arg("--version"))?;
    let version = line.split_whitespace().next();
    Ok(version.context("sqlite3 printed no version")?.to_owned())
}

/// A call of the shell that ends at the first mistake.
pub fn shell(file: &Path, lines: &[&str]) -> Command {
    let mut shell = Command::new("sqlite3");
    shell.args(["-batch", "-bail"]).arg(file).args(lines);
    shell.stdin(Stdio::null());
    shell
}
