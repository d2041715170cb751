//! Finds Schemathesis: it makes requests out of the contract, and holds the answers against it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::python;
use crate::workspace::Workspace;

pub const PROGRAM_VARIABLE: &str = "TALLYSTICK_SCHEMATHESIS";
const REQUIREMENT: &str = "schemathesis>=4.32,<5";
/// Of all runs; docs/security.md tells why each of them is as it is.
pub const CONFIGURATION: &str = "tests/schemathesis.toml";
pub const HOOKS: &str = "tests/schemathesis_hooks.py";

/// The configured program, or the one of the virtual environment under target/.
pub fn find(workspace: &Workspace) -> Option<PathBuf> {
    let program = configured().unwrap_or_else(|| installed(workspace));
    version(&program).is_ok().then_some(program)
}

pub fn find_or_install(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(program) = find(workspace) {
        return Ok(program);
    }
    ensure!(
        configured().is_none(),
        "the program of {PROGRAM_VARIABLE} does not tell its version"
    );
    python::make(&environment(workspace), &[REQUIREMENT])?;
    find(workspace).context("schemathesis was installed but does not run")
}

/// Its name and version in one line.
pub fn version(program: &Path) -> Result<String> {
    process::version_line(Command::new(program).arg("--version"))
}

fn configured() -> Option<PathBuf> {
    let value = env::var_os(PROGRAM_VARIABLE)?;
    (!value.is_empty()).then(|| value.into())
}

fn environment(workspace: &Workspace) -> PathBuf {
    workspace.target.join("schemathesis-venv")
}

fn installed(workspace: &Workspace) -> PathBuf {
    environment(workspace).join("bin/schemathesis")
}
