//! `cargo xtask fuzz`: requests that nobody sane would send, and bytes that nobody thought of.

mod api;
mod findings;
pub mod schemathesis;
mod service;
mod stage;
mod targets;

use anyhow::Result;
use clap::Subcommand;

use crate::workspace::Workspace;

#[derive(Subcommand)]
pub enum Fuzz {
    /// Every operation of the contract, as each role and as nobody, against a throw-away service
    Api(api::Options),
    /// Feed one target what the fuzzer makes up, and keep what is new in its corpus (docs/fuzzing.md)
    Target {
        name: String,
        #[command(flatten)]
        length: targets::Length,
    },
    /// All targets, one after another
    Targets(targets::Length),
}

pub fn run(workspace: &Workspace, fuzz: &Fuzz) -> Result<bool> {
    match fuzz {
        Fuzz::Api(options) => api::run(workspace, options),
        Fuzz::Target { name, length } => targets::run(workspace, Some(name), length),
        Fuzz::Targets(length) => targets::run(workspace, None, length),
    }
}
