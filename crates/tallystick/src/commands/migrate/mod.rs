//! `tallystick migrate`: the schema's version.

mod check;
mod destroy;
mod diagram;
mod entities;
mod lint;
mod look;
mod new;
mod offline;
mod plan;
mod run;

use std::sync::Arc;

use db::Database;
use migration::{Event, Options, Schema};

use crate::{
    cli::{
        Json,
        migrate::{Migrate, Patience},
    },
    error::Error,
    progress::Progress,
    settings::Settings,
};

pub use offline::run as run_offline;

pub async fn run(settings: &Settings, command: Migrate) -> Result<(), Error> {
    let database = Database::connect(&settings.database.connection()).await?;
    let outcome = on(settings, &database, command).await;
    database.close().await;
    outcome
}

async fn on(settings: &Settings, database: &Database, command: Migrate) -> Result<(), Error> {
    let options = |patience, output| Options {
        timescale: settings.database.timescale,
        ..options(patience, output)
    };
    match command {
        Migrate::Up {
            target,
            contract,
            patience,
            output,
        } => {
            let options = Options {
                may_contract: contract,
                ..options(patience, output)
            };
            run::up(database, options, &target, output).await
        }
        Migrate::Down {
            target,
            patience,
            output,
        } => run::down(database, options(patience, output), &target, output).await,
        Migrate::Redo { patience, output } => {
            run::redo(database, options(patience, output), output).await
        }
        Migrate::Stamp { version, output } => {
            run::stamp(database, Options::default(), &version, output).await
        }
        Migrate::Plan { target, output } => plan::run(database, &target, output).await,
        Migrate::Check(output) => {
            let options = Options {
                timescale: settings.database.timescale,
                ..Options::default()
            };
            check::run(database, options, output).await
        }
        Migrate::Status(output) => look::status(database, output).await,
        Migrate::History(output) => look::history(database, output).await,
        Migrate::Current(output) => look::current(database, output).await,
        Migrate::Show { version, output } => look::show(database, &version, output).await,
        Migrate::Fresh(args) => destroy::fresh(settings, database, args).await,
        Migrate::Reset(args) => destroy::reset(settings, database, args).await,
        _ => Ok(()),
    }
}

fn options(patience: Patience, output: Json) -> Options {
    Options {
        lock_timeout: std::time::Duration::from_millis(patience.lock_timeout),
        patience: std::time::Duration::from_secs(patience.patience),
        progress: progress(output),
        ..Options::default()
    }
}

/// What goes on, on standard error: in a terminal on a line that goes away.
fn progress(output: Json) -> migration::Progress {
    let spinner = Progress::unless_json(output.json).spinner("reading the versions");
    Arc::new(move |event: &Event<'_>| spinner.set_message(words(event)))
}

fn words(event: &Event<'_>) -> String {
    match event {
        Event::WaitingForAnother => "waiting: another program migrates this database".to_owned(),
        Event::Applying {
            version,
            number,
            of,
        } => format!("{number}/{of} applying {version}"),
        Event::TakingBack {
            version,
            number,
            of,
        } => format!("{number}/{of} taking back {version}"),
        Event::Done { version, duration } => {
            format!("{version} done in {} ms", duration.as_millis())
        }
        Event::LockedOut {
            version,
            attempt,
            holders,
        } => {
            format!("{version} waits for others to end (attempt {attempt}).{holders}")
        }
    }
}

/// A connection of its own, for the time of `work`.
async fn with_schema<T>(
    database: &Database,
    options: Options,
    work: impl AsyncFnOnce(&Schema) -> Result<T, migration::Error>,
) -> Result<T, Error> {
    let schema = Schema::of(database, options).await?;
    let outcome = work(&schema).await;
    schema.close().await?;
    Ok(outcome?)
}
