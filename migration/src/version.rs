//! Which version a database is at, and taking it to another.

use db::{Database, Engine};
use sea_orm_migration::{
    DbErr, MigratorTrait,
    sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait},
};

use crate::Migrator;

/// Why the schema is not, or could not be made, what this program needs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the database is not migrated: {pending} of {known} migrations are missing; run \
         `tallystick migrate up`"
    )]
    Pending { pending: usize, known: usize },
    #[error(
        "the database is newer than this program: it holds migration {version}, which this \
         program does not know; use the newer program"
    )]
    Newer { version: String },
    #[error("there is no migration to take back")]
    NothingApplied,
    #[error("the migrations could not be run: {0}")]
    Database(#[from] db::Error),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Database(error.into())
    }
}

/// Whether a migration is in the database, in the program, or in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Applied,
    Pending,
    /// In the database only: a newer program applied it.
    Unknown,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

/// One migration and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub name: String,
    pub state: State,
}

/// Every migration that the program or the database knows, oldest first. Writes nothing.
pub async fn versions(database: &Database) -> Result<Vec<Version>, Error> {
    let connection = database.reader();
    let applied = applied_names(connection).await?;
    let mut versions: Vec<Version> = Migrator::get_migration_files()
        .iter()
        .map(|file| Version {
            name: file.name().to_owned(),
            state: if applied.iter().any(|name| name == file.name()) {
                State::Applied
            } else {
                State::Pending
            },
        })
        .collect();
    for name in applied {
        if !versions.iter().any(|version| version.name == name) {
            versions.push(Version {
                name,
                state: State::Unknown,
            });
        }
    }
    versions.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(versions)
}

/// Fails unless the database is exactly at the program's version.
pub async fn require_current(database: &Database) -> Result<(), Error> {
    let versions = versions(database).await?;
    refuse_newer(&versions)?;
    let pending = versions
        .iter()
        .filter(|version| version.state == State::Pending)
        .count();
    if pending > 0 {
        return Err(Error::Pending {
            pending,
            known: versions.len(),
        });
    }
    Ok(())
}

fn refuse_newer(versions: &[Version]) -> Result<(), Error> {
    match versions
        .iter()
        .rfind(|version| version.state == State::Unknown)
    {
        Some(version) => Err(Error::Newer {
            version: version.name.clone(),
        }),
        None => Ok(()),
    }
}

/// Applies what is pending, in one transaction, and returns the names. Several programs may call
/// this at once: one works, the others wait and find nothing to do.
pub async fn up(database: &Database) -> Result<Vec<String>, Error> {
    let pending = |versions: Vec<Version>| -> Result<Vec<String>, Error> {
        refuse_newer(&versions)?;
        let pending = versions
            .into_iter()
            .filter(|version| version.state == State::Pending);
        Ok(pending.map(|version| version.name).collect())
    };
    if pending(versions(database).await?)?.is_empty() {
        return Ok(Vec::new());
    }
    let transaction = begin_exclusively(database).await?;
    let before = applied_names(&transaction).await?;
    Migrator::up(&transaction, None).await?;
    let after = applied_names(&transaction).await?;
    transaction.commit().await?;
    Ok(after
        .into_iter()
        .filter(|name| !before.contains(name))
        .collect())
}

/// Takes back the newest `steps` migrations, in one transaction, and returns their names.
pub async fn down(database: &Database, steps: u32) -> Result<Vec<String>, Error> {
    refuse_newer(&versions(database).await?)?;
    let transaction = begin_exclusively(database).await?;
    let before = applied_names(&transaction).await?;
    if before.is_empty() {
        return Err(Error::NothingApplied);
    }
    Migrator::down(&transaction, Some(steps)).await?;
    let after = applied_names(&transaction).await?;
    transaction.commit().await?;
    Ok(before
        .into_iter()
        .rev()
        .filter(|name| !after.contains(name))
        .collect())
}

/// Any number will do, as long as no other program uses it on the same database.
const POSTGRES_LOCK: i64 = 0x7461_6c6c_7973;

async fn begin_exclusively(
    database: &Database,
) -> Result<sea_orm_migration::sea_orm::DatabaseTransaction, Error> {
    use sea_orm_migration::sea_orm::{SqliteTransactionMode, TransactionOptions};

    let connection: DatabaseConnection = database.schema_connection().await?;
    let options = TransactionOptions {
        sqlite_transaction_mode: (database.engine() == Engine::Sqlite)
            .then_some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if database.engine() == Engine::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(transaction)
}

async fn applied_names(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    if !has_version_table(connection).await? {
        return Ok(Vec::new());
    }
    let statement = Statement::from_string(
        connection.get_database_backend(),
        "SELECT version FROM seaql_migrations ORDER BY version",
    );
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

async fn has_version_table(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let question = match connection.get_database_backend() {
        DbBackend::Sqlite => "SELECT 1 FROM sqlite_schema WHERE name = 'seaql_migrations'",
        _ => "SELECT 1 WHERE to_regclass('seaql_migrations') IS NOT NULL",
    };
    let statement = Statement::from_string(connection.get_database_backend(), question);
    Ok(connection.query_one_raw(statement).await?.is_some())
}
