//! Project automation: `cargo xtask …`. Runs on Linux and macOS.
// A command line talks to people through the terminal; there is no log to write to.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod beancount;
mod bench;
mod check;
mod faults;
mod fuzz;
mod openapi;
mod previous;
mod process;
mod python;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use bench::product::Profile;
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Project automation of Tallystick")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every test, on SQLite and on PostgreSQL
    Test(test::Options),
    /// Check formatting, lints, dependencies, file sizes, licences, openapi.json and links
    Check(check::Options),
    /// Write openapi.json from the code
    Openapi,
    /// Measure, print the table and keep it in docs/performance.md
    Bench(bench::Options),
    /// Let servers and networks fail, at full length, and keep the table in docs/reliability.md
    Faults(faults::Options),
    /// Attack the product with what nobody thought of
    #[command(subcommand)]
    Fuzz(fuzz::Fuzz),
    /// Print a Python that can import beancount, making a virtual environment if need be
    BeancountPython,
    /// Print the program schemathesis, making a virtual environment if need be
    Schemathesis,
    /// Print the binary of the previous release, building it if need be
    PreviousRelease,
    /// Serve a constant body: what `bench` compares the product's requests with
    #[command(hide = true)]
    BareServer(bench::bare_server::Options),
}

fn main() -> ExitCode {
    let outcome = run(Cli::parse().command);
    if process::interrupted() {
        eprintln!("interrupted");
        return ExitCode::from(130);
    }
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Tells whether what the command looked at is in order.
fn run(command: Command) -> Result<bool> {
    if let Command::BareServer(options) = command {
        return bench::bare_server::run(&options).map(|()| true);
    }
    let workspace = Workspace::find()?;
    match command {
        Command::Test(options) => test::run(&workspace, &options),
        Command::Check(options) => Ok(check::run(&workspace, &options)),
        Command::Openapi => openapi::write(&workspace).map(|()| true),
        Command::Bench(options) => bench::run(&workspace, &options).map(|()| true),
        Command::Faults(options) => faults::run(&workspace, &options),
        Command::BeancountPython => {
            println!("{}", beancount::find_or_install(&workspace)?.display());
            Ok(true)
        }
        Command::Fuzz(target) => fuzz::run(&workspace, &target),
        Command::Schemathesis => {
            let program = fuzz::schemathesis::find_or_install(&workspace)?;
            println!("{}", program.display());
            Ok(true)
        }
        Command::PreviousRelease => {
            process::unwind_on_signals()?;
            let binary = previous::find_or_build(&workspace, Profile::Debug)?;
            println!("{}", binary.display());
            Ok(true)
        }
        Command::BareServer(_) => Ok(true),
    }
}
