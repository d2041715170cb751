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

use std::{
    io::{IsTerminal, Write, stderr},
    sync::Arc,
};

use db::Database;
use migration::{Event, Options, Schema, Stamp};

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
    let database = open(settings, &command).await?;
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
        Migrate::Stamp {
            version,
            only,
            undo_later,
            output,
        } => {
            let stamp = match (only, undo_later) {
                (true, _) => Stamp::Only,
                (_, true) => Stamp::Exactly,
                _ => Stamp::UpTo,
            };
            run::stamp(database, Options::default(), &version, stamp, output).await
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
        Migrate::Fresh(args) => {
            let options = options(args.patience, args.output);
            destroy::fresh(settings, database, options, args).await
        }
        Migrate::Reset(args) => {
            let options = options(args.patience, args.output);
            destroy::reset(settings, database, options, args).await
        }
        Migrate::Offline(command) => offline::run(command).await,
    }
}

/// Who only looks makes no file: one that is not there is as good as empty.
async fn open(settings: &Settings, command: &Migrate) -> Result<Database, Error> {
    let mut connection = settings.database.connection();
    let file = settings.database.url.sqlite_file();
    if !command.makes_database() && file.is_some_and(|file| !file.exists()) {
        connection = db::Settings {
            url: "sqlite::memory:".to_owned(),
            ..connection
        };
    }
    Ok(Database::connect(&connection).await?)
}

fn options(patience: Patience, output: Json) -> Options {
    Options {
        lock_timeout: std::time::Duration::from_millis(patience.lock_timeout.into()),
        patience: std::time::Duration::from_secs(patience.patience.into()),
        progress: progress(output),
        ..Options::default()
    }
}

/// What goes on, on standard error: in a terminal on a line that goes away, elsewhere what it waits for.
fn progress(output: Json) -> migration::Progress {
    let spinner = Progress::unless_json(output.json).spinner("reading the versions");
    let tells_of_waiting = !output.json && !stderr().is_terminal();
    Arc::new(move |event: &Event<'_>| {
        let is_waiting = matches!(event, Event::WaitingForAnother | Event::LockedOut { .. });
        if tells_of_waiting && is_waiting {
            // Nothing is lost where nobody reads this.
            let _ = writeln!(stderr(), "{}", words(event));
        }
        spinner.set_message(words(event));
    })
}

fn words(event: &Event<'_>) -> String {
    match event {
        Event::WaitingForAnother => {
            "waiting: another program migrates or writes to this database".to_owned()
        }
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
