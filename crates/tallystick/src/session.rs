//! The database that the settings name, opened for the local owner.

use std::path::Path;

use chrono::Utc;
use db::{Database, Engine};
use identity::{Actor, Clock, Ctx};
use migration::{Schema, Target};

use crate::{error::Error, settings::Settings};

/// The system's clock; nothing below this crate reads it.
pub fn clock() -> Clock {
    Clock::new(Utc::now)
}

/// Opens the database and makes sure that its schema is this program's.
pub async fn open_database(settings: &Settings) -> Result<Database, Error> {
    let database = Database::connect(&settings.database.connection()).await?;
    prepare(settings, &database).await?;
    Ok(database)
}

/// Makes sure that the schema is one that this program can work on.
pub async fn prepare(settings: &Settings, database: &Database) -> Result<(), Error> {
    if settings.database.migrate_on_start {
        migrate(settings, database).await?;
    }
    let versions = migration::versions(database).await?;
    versions.require_usable()?;
    for newer in versions.newer() {
        tracing::warn!("the database is newer than this program, which can live with {newer}");
    }
    Ok(())
}

/// Brings the schema up to this program's, where it is not.
///
/// A file of SQLite's has one program, so that none is left behind by what contracts it.
pub async fn migrate(settings: &Settings, database: &Database) -> Result<(), Error> {
    match migration::require_current(database).await {
        Err(
            migration::Error::Pending { .. }
            | migration::Error::Dirty { .. }
            | migration::Error::NoAccess,
        ) => {}
        outcome => return Ok(outcome?),
    }
    let options = migration::Options {
        may_contract: database.engine() == Engine::Sqlite,
        timescale: settings.database.timescale,
        ..migration::Options::default()
    };
    let schema = Schema::of(database, options).await?;
    let applied = schema.up(&Target::Head).await;
    schema.close().await?;
    let applied = applied?.len();
    if applied > 0 {
        tracing::info!(migrations = applied, "the database was migrated");
    }
    Ok(())
}

/// As [`open_database`], with the context in which the local owner's commands run.
pub async fn open(settings: &Settings) -> Result<Ctx, Error> {
    local_ctx(&open_database(settings).await?).await
}

/// The context of a command that the local owner gave on this machine.
pub async fn local_ctx(database: &Database) -> Result<Ctx, Error> {
    let clock = clock();
    let owner = identity::local_owner(database, clock).await?;
    let actor = Actor::user(owner);
    Ok(Ctx::new(
        actor,
        owner,
        "command-line".into(),
        clock,
        database,
    ))
}

/// Reads a ledger on a thread where blocking is no harm.
pub async fn read_ledger(path: &Path) -> Result<ledger::Ledger, Error> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || ledger::load(&path));
    match read.await {
        Ok(outcome) => Ok(outcome?),
        Err(stopped) => Err(Error::Runtime(stopped.into())),
    }
}
