//! Virtual environments of Python under target/.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::process;

/// The Python of an environment, whether it is there or not.
pub fn of(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}

/// Makes an environment anew with these packages of PyPI. Standard output stays clean:
/// `beancount-python` prints one path for a script to read.
pub fn make(environment: &Path, requirements: &[&str]) -> Result<()> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(environment);
    process::run(make.stdout(std::io::stderr()))?;
    let mut pip = Command::new(of(environment));
    pip.args(["-m", "pip", "install", "--quiet"])
        .arg("--disable-pip-version-check")
        .args(requirements);
    process::run(pip.stdout(std::io::stderr()))
}

/// What a short script prints in one line; it fails where a module is missing.
pub fn ask(python: &Path, script: &str) -> Result<String> {
    let mut command = Command::new(python);
    command.args(["-c", script]).stderr(Stdio::null());
    process::version_line(&mut command)
        .with_context(|| format!("{} cannot say it", python.display()))
}
