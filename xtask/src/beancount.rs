//! Finds a Python that can import Beancount: the oracle of the tests and of the bench.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

pub const PYTHON_VARIABLE: &str = "TALLYSTICK_BEANCOUNT_PYTHON";
const REQUIREMENT: &str = "beancount>=3,<4";

/// The configured Python, or the one of the virtual environment under target/.
pub fn find(workspace: &Workspace) -> Option<PathBuf> {
    let configured = env::var_os(PYTHON_VARIABLE).filter(|value| !value.is_empty());
    let python =
        configured.map_or_else(|| environment(workspace).join("bin/python"), PathBuf::from);
    version(&python).is_ok().then_some(python)
}

pub fn find_or_install(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(python) = find(workspace) {
        return Ok(python);
    }
    let configured = env::var_os(PYTHON_VARIABLE).filter(|value| !value.is_empty());
    ensure!(
        configured.is_none(),
        "the Python of {PYTHON_VARIABLE} cannot import beancount"
    );
    install(&environment(workspace))?;
    find(workspace).context("beancount was installed but cannot be imported")
}

pub fn version(python: &Path) -> Result<String> {
    let mut command = Command::new(python);
    command
        .args(["-c", "import beancount; print(beancount.__version__)"])
        .stderr(Stdio::null());
    process::version_line(&mut command)
}

fn environment(workspace: &Workspace) -> PathBuf {
    workspace.target.join("beancount-venv")
}

/// Standard output stays clean: `beancount-python` prints one path for a script to read.
fn install(directory: &Path) -> Result<()> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(directory);
    process::run(make.stdout(std::io::stderr()))?;
    let mut pip = Command::new(directory.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        REQUIREMENT,
    ]);
    process::run(pip.stdout(std::io::stderr()))
}
