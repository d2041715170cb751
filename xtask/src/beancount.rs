//! Finds a Python that can import Beancount: the oracle of the tests and of the bench.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::python;
use crate::workspace::Workspace;

pub const PYTHON_VARIABLE: &str = "TALLYSTICK_BEANCOUNT_PYTHON";
const REQUIREMENT: &str = "beancount>=3,<4";

/// The configured Python, or the one of the virtual environment under target/.
pub fn find(workspace: &Workspace) -> Option<PathBuf> {
    let configured = env::var_os(PYTHON_VARIABLE).filter(|value| !value.is_empty());
    let python = configured.map_or_else(|| python::of(&environment(workspace)), PathBuf::from);
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
    python::make(&environment(workspace), &[REQUIREMENT])?;
    find(workspace).context("beancount was installed but cannot be imported")
}

pub fn version(python: &Path) -> Result<String> {
    python::ask(python, "import beancount; print(beancount.__version__)")
}

fn environment(workspace: &Workspace) -> PathBuf {
    workspace.target.join("beancount-venv")
}
