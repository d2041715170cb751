//! procrastinate: a queue in Python, with locks for what must run one after the other.

use anyhow::{Context, Result};

use super::{Peer, script};
use crate::python;
use crate::workspace::Workspace;

/// MIT; its driver psycopg, which only this environment holds, is LGPL.
const REQUIREMENTS: [&str; 2] = ["procrastinate==3.10.0", "psycopg[binary]==3.3.9"];
const VERSIONS: &str = "import platform; from importlib.metadata import version; \
    print(f'procrastinate {version(\"procrastinate\")} (MIT, Python {platform.python_version()})')";
const VERSION: &str = "procrastinate 3.10.0 ";

pub fn find_or_install(workspace: &Workspace) -> Result<Peer> {
    let environment = workspace.target.join("procrastinate-venv");
    let program = python::of(&environment);
    let is_there = || {
        let told = python::ask(&program, VERSIONS).ok();
        told.filter(|told| told.starts_with(VERSION))
    };
    if is_there().is_none() {
        println!("installing procrastinate into a virtual environment");
        python::make(&environment, &REQUIREMENTS)?;
    }
    let title = is_there().context("procrastinate was installed in vain")?;
    Ok(Peer {
        name: "procrastinate",
        title,
        program,
        script: script(workspace, "procrastinate_peer.py"),
        variable: None,
    })
}
