//! Runs cargo-deny over the dependencies, with what deny.toml allows.

use std::env;
use std::path::Path;

use anyhow::{Result, bail};

use crate::process;

const INSTALL: [&str; 3] = ["install", "cargo-deny", "--locked"];

pub fn check(root: &Path, install: bool) -> Result<()> {
    if process::find_program("cargo-deny").is_none() {
        if !install && env::var_os("CI").is_none() {
            bail!(
                "cargo-deny was not found; install it: cargo {}",
                INSTALL.join(" ")
            );
        }
        process::run(process::cargo(root).args(INSTALL))?;
    }
    let mut deny = process::cargo(root);
    deny.args(["deny", "--locked", "check", "--hide-inclusion-graph"]);
    process::run(deny.args(["bans", "licenses", "sources"]))?;
    advisories(root)
}

/// Known vulnerabilities, by the database of `RustSec`, which is also that of `cargo audit`.
fn advisories(root: &Path) -> Result<()> {
    let mut fetch = process::cargo(root);
    fetch.args(["deny", "--locked", "fetch", "db"]);
    if !fetch.output()?.status.success() {
        println!(
            "RustSec's database cannot be reached: dependencies are not held against known vulnerabilities"
        );
        return Ok(());
    }
    let mut deny = process::cargo(root);
    deny.args([
        "deny",
        "--locked",
        "check",
        "--hide-inclusion-graph",
        "--disable-fetch",
    ]);
    process::run(deny.arg("advisories"))
}
