//! One database's schema, and the ways to take it to another version.

mod connection;
mod down;
mod fresh;
mod outside;
mod plan;
mod run;
mod stamp;
mod timescale;
mod up;
mod work;

use std::{fmt, sync::Arc, time::Duration};

use db::{Database, Engine};
use sea_orm::{DatabaseConnection, IsolationLevel, TransactionTrait};
use sea_orm_migration::MigrationTrait;

use crate::{
    Error,
    history::{self, Author, Entry},
    recording::{self, Recording},
    state::{Versions, engine_of},
};

pub(crate) use connection::LOCK;
pub use plan::{Planned, findings};
pub use run::Applied;
pub use stamp::{Stamp, Stamped};
pub(crate) use work::Work;

/// What goes on during long work, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Another program migrates the same database.
    WaitingForAnother,
    Applying {
        version: &'a str,
        number: usize,
        of: usize,
    },
    TakingBack {
        version: &'a str,
        number: usize,
        of: usize,
    },
    Done {
        version: &'a str,
        duration: Duration,
    },
    /// A lock was not to be had in time: everything was let go, and is tried again.
    LockedOut {
        version: &'a str,
        attempt: u32,
        holders: &'a str,
    },
}

/// Told of each [`Event`].
pub type Progress = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Who migrates, and with how much patience.
#[derive(Clone)]
pub struct Options {
    pub author: Author,
    /// How long one attempt may wait for locks, while others wait behind it (PostgreSQL).
    pub lock_timeout: Duration,
    /// For how long attempts go on, and for how long another that migrates is waited for.
    pub patience: Duration,
    /// Whether a database in use may be contracted.
    pub may_contract: bool,
    /// Whether new series become hypertables instead of partitioned tables (PostgreSQL).
    pub timescale: bool,
    pub progress: Progress,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            author: Author::of_this_process(),
            lock_timeout: Duration::from_millis(500),
            patience: Duration::from_mins(2),
            may_contract: false,
            timescale: false,
            progress: Arc::new(|_| {}),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("author", &self.author)
            .field("lock_timeout", &self.lock_timeout)
            .field("patience", &self.patience)
            .field("may_contract", &self.may_contract)
            .field("timescale", &self.timescale)
            .finish_non_exhaustive()
    }
}

/// A database with the migrations that belong into it, by one connection of its own.
#[derive(Debug)]
pub struct Schema {
    connection: DatabaseConnection,
    engine: Engine,
    known: Vec<Recording>,
    options: Options,
}

impl Schema {
    /// With the product's migrations.
    pub async fn of(database: &Database, options: Options) -> Result<Self, Error> {
        Self::with(database, &crate::migrations(), options).await
    }

    /// With any migrations, in the order in which they apply.
    pub async fn with(
        database: &Database,
        migrations: &[Box<dyn MigrationTrait>],
        options: Options,
    ) -> Result<Self, Error> {
        let connection = database.schema_connection().await?;
        connection::require_same_database(database, &connection).await?;
        Self::on(&connection, migrations, options).await
    }

    /// The same, by a connection like `connection`.
    pub async fn on(
        connection: &DatabaseConnection,
        migrations: &[Box<dyn MigrationTrait>],
        options: Options,
    ) -> Result<Self, Error> {
        let engine = engine_of(connection);
        let schema = Self {
            connection: connection::like(connection).await?,
            engine,
            known: recording::record(migrations, engine).await?,
            options,
        };
        schema.announce_timescale().await?;
        Ok(schema)
    }

    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    pub fn known(&self) -> &[Recording] {
        &self.known
    }

    /// What is applied and what is not. Writes nothing.
    pub async fn versions(&self) -> Result<Versions, Error> {
        let level = (self.engine == Engine::Postgres).then_some(IsolationLevel::RepeatableRead);
        let snapshot = self.connection.begin_with_config(level, None).await?;
        let versions = Versions::read(&snapshot, &self.known).await?;
        snapshot.rollback().await?;
        Ok(versions)
    }

    /// All that was ever done with this schema, oldest first. Writes nothing.
    pub async fn history(&self) -> Result<Vec<Entry>, Error> {
        Ok(history::entries(&self.connection)
            .await?
            .unwrap_or_default())
    }

    pub async fn close(self) -> Result<(), Error> {
        Ok(self.connection.close().await?)
    }

    fn names(&self) -> Vec<&str> {
        self.known.iter().map(|known| known.name.as_str()).collect()
    }

    fn tell(&self, event: &Event<'_>) {
        (self.options.progress)(event);
    }
}

/// Applies what is pending, and returns the names. Several programs may call this at once: one
/// works, the others wait and find nothing to do.
pub async fn up(database: &Database) -> Result<Vec<String>, Error> {
    let schema = Schema::of(database, Options::default()).await?;
    let applied = schema.up(&crate::Target::Head).await?;
    schema.close().await?;
    Ok(applied.into_iter().map(|applied| applied.version).collect())
}
