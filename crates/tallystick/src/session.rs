//! The database that the settings name, opened for a command.

use std::path::Path;

use chrono::Utc;
use db::{Database, Engine, page::Page};
use entity::values::UserId;
use identity::{
    Actor, Clock, Ctx,
    users::{self, UserFilter},
};
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

/// As [`open_database`], with the context of a command about the books of `whose`, else of the only user.
pub async fn open(settings: &Settings, whose: Option<&str>) -> Result<Ctx, Error> {
    let database = open_database(settings).await?;
    let user = user(&database, whose).await?;
    Ok(operator_of(&database, user))
}

/// As [`open_database`], with the context of a command about what all users share.
pub async fn open_shared(settings: &Settings) -> Result<Ctx, Error> {
    Ok(operator(&open_database(settings).await?))
}

/// The context in which commands on this machine are about no user's books.
pub fn operator(database: &Database) -> Ctx {
    let actor = Actor::operator(None);
    Ctx::new(
        actor,
        UserId::NOBODY,
        "command-line".into(),
        clock(),
        database,
    )
}

/// The context in which commands on this machine are about the books of `user`.
pub fn operator_of(database: &Database, user: UserId) -> Ctx {
    let actor = Actor::operator(Some(user));
    Ctx::new(actor, user, "command-line".into(), clock(), database)
}

/// The user of this address, else the only one.
async fn user(database: &Database, whose: Option<&str>) -> Result<UserId, Error> {
    let ctx = operator(database);
    if let Some(email) = whose {
        let found = users::find_by_email(&ctx, database.reader(), email).await?;
        return match found {
            Some(user) => Ok(user.id),
            None => Err(Error::NoSuchUser(email.to_owned())),
        };
    }
    let page = Page {
        after: None,
        limit: MOST_NAMED,
    };
    let known = users::list(&ctx, database.reader(), &UserFilter::default(), &page).await?;
    match known.items.as_slice() {
        [] => Err(Error::NoUsers),
        [only] if !known.has_more => Ok(only.id),
        several => {
            let emails: Vec<_> = several.iter().map(|user| user.email.as_str()).collect();
            Err(Error::WhoseBooks(emails.join(", ")))
        }
    }
}

/// How many users are named where one must be chosen.
const MOST_NAMED: u64 = 5;

/// Reads a ledger on a thread where blocking is no harm.
pub async fn read_ledger(path: &Path) -> Result<ledger::Ledger, Error> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || ledger::load(&path));
    match read.await {
        Ok(outcome) => Ok(outcome?),
        Err(stopped) => Err(Error::Runtime(stopped.into())),
    }
}
