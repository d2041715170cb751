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
    process::run(deny.args(["bans", "licenses", "sources"]))
}
