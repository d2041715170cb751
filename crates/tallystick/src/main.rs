//! The program: command line, configuration, and the wiring of everything below.

mod approvals;
mod audit_head;
mod cli;
mod commands;
mod demo;
mod error;
mod logging;
mod maintenance;
mod output;
mod producers;
mod progress;
mod secrets;
mod session;
mod settings;
mod sourcing;
mod table;
mod telemetry;
mod transaction;
mod webhooks;
mod workers;

use std::{
    io::{Write, stderr},
    process::ExitCode,
};

use clap::Parser;

use cli::{Cli, Command, migrate::Migrate};
use error::Error;
use settings::Settings;
use telemetry::Export;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do where even this cannot be said.
            let _ = writeln!(stderr(), "{}", describe(&error));
            ExitCode::FAILURE
        }
    }
}

/// A ledger's faults begin with `file:line`, so that an editor finds the place.
fn describe(error: &Error) -> String {
    match error {
        Error::Ledger(faults) => faults.to_string(),
        other => format!("error: {other}"),
    }
}

fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {
        Command::Openapi => return commands::openapi::run(),
        Command::Demo(args) if args.print_ledger => {
            return output::print(demo::ledger_text().trim_end());
        }
        Command::Doctor(output) => return wait_for(commands::doctor::run(output)),
        Command::Migrate(Migrate::Offline(command)) => {
            return wait_for(commands::migrate::run_offline(command));
        }
        _ => {}
    }
    let settings = Settings::load()?;
    let export = match cli.command {
        Command::Serve(_) | Command::Demo(_) | Command::Worker(_) => {
            let export = Export::start_if_asked(&settings)?;
            logging::start(&settings.log, export.as_ref());
            export
        }
        _ => {
            logging::start_quiet(settings.log.format);
            None
        }
    };
    let whose = cli.whose.as_deref();
    let outcome = wait_for(dispatch(cli.command, whose, &settings));
    drop(export);
    outcome
}

async fn dispatch(command: Command, whose: Option<&str>, settings: &Settings) -> Result<(), Error> {
    match command {
        Command::Demo(args) => commands::demo::run(settings, args).await,
        Command::Serve(args) => commands::serve::run(settings, args).await,
        Command::Migrate(command) => commands::migrate::run(settings, command).await,
        Command::User(command) => commands::user::run(settings, command).await,
        Command::Token(command) => commands::token::run(settings, command).await,
        Command::Keys(command) => commands::keys::run(settings, command).await,
        Command::Maintain(output) => commands::maintain::run(settings, output).await,
        Command::Ledger(command) => commands::ledger::run(settings, whose, command).await,
        Command::Export(args) => commands::export::run(settings, whose, args).await,
        Command::Import(args) => commands::import::run(settings, whose, args).await,
        Command::Pack(command) => commands::pack::run(settings, whose, command).await,
        Command::Positions(args) => commands::positions::run(settings, whose, args).await,
        Command::Reconcile(args) => commands::reconcile::run(settings, whose, args).await,
        Command::Producer(command) => commands::producer::run(settings, command),
        Command::Audit(command) => commands::audit::run(settings, command).await,
        Command::Doctor(output) => commands::doctor::run(output).await,
        Command::Openapi => commands::openapi::run(),
        Command::Worker(output) => commands::worker::run(settings, output).await,
    }
}

fn wait_for(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.map_err(Error::Runtime)?.block_on(work)
}
