//! graphile-worker: a queue in JavaScript, with named queues for what must run one after the other.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Peer, script};
use crate::process;
use crate::workspace::Workspace;

/// MIT. The newest that Node.js 20 runs.
const VERSION: &str = "0.17.3";

pub fn find_or_install(workspace: &Workspace) -> Result<Peer> {
    let program = process::find_program("node").context("Node.js was not found")?;
    let folder = workspace.target.join("graphile-worker");
    let modules = folder.join("node_modules");
    let manifest = modules.join("graphile-worker/package.json");
    let is_there = || {
        let manifest = fs::read_to_string(&manifest).ok()?;
        let manifest: Value = serde_json::from_str(&manifest).ok()?;
        (manifest["version"] == VERSION).then_some(())
    };
    if is_there().is_none() {
        println!("installing graphile-worker into {}", folder.display());
        fs::create_dir_all(&folder)?;
        let mut install = Command::new("npm");
        install
            .args(["install", "--no-fund", "--no-audit", "--no-save"])
            .args(["--silent", "--prefix"])
            .arg(&folder)
            .arg(format!("graphile-worker@{VERSION}"));
        process::run(install.stdout(std::io::stderr()))?;
    }
    is_there().context("graphile-worker was installed in vain")?;
    let node = process::version_line(Command::new(&program).arg("--version"))?;
    Ok(Peer {
        name: "graphile_worker",
        title: format!("graphile-worker {VERSION} (MIT, Node.js {node})"),
        program,
        script: script(workspace, "graphile_peer.cjs"),
        variable: Some(("NODE_PATH", modules)),
    })
}
