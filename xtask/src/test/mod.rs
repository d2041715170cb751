//! `cargo xtask test`: every test, on SQLite and on PostgreSQL.

mod counts;

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};
use testservers::{Cluster, Durability};

use crate::beancount;
use crate::fuzz::schemathesis;
use crate::previous;
use crate::process;
use crate::workspace::Workspace;
use counts::{Counts, Runner};

/// Which server the test kit uses; a set one is left as it is.
const SERVER_VARIABLE: &str = "TEST_DATABASE_URL";
/// Which engines the test kit runs a test on: `sqlite`, `postgres` or `all`.
const ENGINE_VARIABLE: &str = "TEST_ENGINE";

#[derive(Args)]
pub struct Options {
    /// The engines to test on
    #[arg(long, value_enum, default_value_t = Engine::All)]
    engine: Engine,
    /// Passed on to the test runner (and the documentation's examples are left out)
    #[arg(last = true)]
    runner_arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
    All,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::All => "all",
        }
    }
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    process::unwind_on_signals()?;
    let server = Server::for_engine(options.engine)?;
    let python = beancount::find(workspace);
    let previous = previous::find(workspace);
    let schemathesis = schemathesis::find(workspace);
    let environment = |command: &mut Command| {
        command
            .env(ENGINE_VARIABLE, options.engine.name())
            .env_remove(SERVER_VARIABLE);
        if let Some(url) = server.url() {
            command.env(SERVER_VARIABLE, url);
        }
        if let Some(python) = &python {
            command.env(beancount::PYTHON_VARIABLE, python);
        }
        if let Some(previous) = &previous {
            command.env(previous::BINARY_VARIABLE, previous);
        }
        if let Some(program) = &schemathesis {
            command.env(schemathesis::PROGRAM_VARIABLE, program);
        }
    };

    let mut counts = Counts::default();
    let mut succeeded = true;
    for (runner, mut command) in runs(&workspace.root, &options.runner_arguments) {
        environment(&mut command);
        let status = process::watch(&mut command, |line| counts.add_line(runner, line))?;
        process::stop_if_interrupted()?;
        succeeded &= status.success();
    }
    drop(server);
    if !succeeded && counts.failed == 0 {
        println!("the tests did not run to their end: see above");
    }
    println!("{counts}");
    Ok(succeeded && counts.failed == 0)
}

enum Server {
    None,
    Running(String),
    Cluster(Cluster),
}

impl Server {
    fn for_engine(engine: Engine) -> Result<Self> {
        if engine == Engine::Sqlite {
            return Ok(Self::None);
        }
        match env::var(SERVER_VARIABLE) {
            Ok(url) if !url.is_empty() => Ok(Self::Running(url)),
            _ => Cluster::start(Durability::Throwaway).map(Self::Cluster),
        }
    }

    fn url(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Running(url) => Some(url.clone()),
            Self::Cluster(cluster) => Some(cluster.url("postgres")),
        }
    }
}

/// nextest leaves the documentation's examples to `cargo test`.
fn runs(root: &Path, arguments: &[String]) -> Vec<(Runner, Command)> {
    let cargo = |words: &[&str]| {
        let mut command = process::cargo(root);
        command.args(words);
        command
    };
    let scope = if names_package(arguments) {
        None
    } else {
        Some("--workspace")
    };
    if process::find_program("cargo-nextest").is_none() {
        let mut tests = cargo(&["test", "--no-fail-fast"]);
        tests.args(scope).args(arguments);
        return vec![(Runner::Libtest, tests)];
    }
    let mut tests = cargo(&["nextest", "run", "--no-fail-fast"]);
    tests.args(scope).args(arguments);
    let mut runs = vec![(Runner::Nextest, tests)];
    if arguments.is_empty() {
        let examples = cargo(&["test", "--workspace", "--doc", "--no-fail-fast", "--quiet"]);
        runs.push((Runner::Libtest, examples));
    }
    runs
}

/// `--workspace` would win over a package that the caller asks for.
fn names_package(arguments: &[String]) -> bool {
    arguments
        .iter()
        .any(|word| word.starts_with("-p") || word.starts_with("--package"))
}
