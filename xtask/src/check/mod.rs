//! `cargo xtask check`: all that must hold before a change lands, besides the tests.

mod dependency_rule;
mod file_sizes;
mod licenses;
mod links;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

use crate::openapi;
use crate::process;
use crate::workspace::Workspace;

#[derive(Args)]
pub struct Options {
    /// Install cargo-deny if it is missing (CI does)
    #[arg(long)]
    install: bool,
}

type Step = (&'static str, fn(&Workspace, &Options) -> Result<()>);

const STEPS: [Step; 8] = [
    ("formatting", check_formatting),
    ("lints", check_lints),
    ("dependency rule", check_dependency_rule),
    ("file sizes", |workspace, _| {
        file_sizes::check(&workspace.root)
    }),
    ("bans, licenses, sources", |workspace, options| {
        licenses::check(&workspace.root, options.install)
    }),
    ("openapi.json", |workspace, _| openapi::check(workspace)),
    ("migrations", |workspace, _| {
        let mut lint = process::cargo(&workspace.root);
        lint.args(["run", "--quiet", "--locked", "-p", "tallystick", "--"]);
        process::run(lint.args(["migrate", "lint"]))
    }),
    ("links", |workspace, _| links::check(&workspace.root)),
];

/// Runs every step, whatever became of the ones before it.
pub fn run(workspace: &Workspace, options: &Options) -> bool {
    let mut failures = Vec::new();
    for (name, check) in STEPS {
        println!("== {name}");
        let start = Instant::now();
        let outcome = check(workspace, options);
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("ok ({seconds:.1} s)\n"),
            Err(error) => {
                println!("FAILED: {error:#} ({seconds:.1} s)\n");
                failures.push(format!("{name}: {error:#}"));
            }
        }
    }
    if failures.is_empty() {
        println!("all {} checks passed", STEPS.len());
    } else {
        println!("{} of {} checks failed:", failures.len(), STEPS.len());
        for failure in &failures {
            println!("  {failure}");
        }
    }
    failures.is_empty()
}

fn check_formatting(workspace: &Workspace, _: &Options) -> Result<()> {
    process::run(process::cargo(&workspace.root).args(["fmt", "--all", "--check"]))
}

fn check_lints(workspace: &Workspace, _: &Options) -> Result<()> {
    let mut clippy = process::cargo(&workspace.root);
    clippy.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]);
    process::run(&mut clippy)
}

fn check_dependency_rule(workspace: &Workspace, _: &Options) -> Result<()> {
    let faults = dependency_rule::faults(&dependency_rule::edges(&workspace.metadata));
    for fault in &faults {
        println!("{fault}");
    }
    match faults.len() {
        0 => Ok(()),
        count => bail!("{count} dependencies that ARCHITECTURE.md does not allow"),
    }
}
