//! What a migration says to an engine, taken down without a database.
//!
//! All else stands on this: what is applied, printed as a script, checked by lint and summed up for
//! the record is the same text.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use db::Engine;
use sea_orm::{
    DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult,
    MockDatabaseConnection, MockDatabaseTrait, QueryResult, Statement, Transaction,
    sqlx::sqlite::SqliteQueryResult,
};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use sha2::{Digest, Sha256};

use crate::{Error, history::backend};

/// One migration, as one engine will hear it.
#[derive(Clone, Debug)]
pub struct Recording {
    pub name: String,
    /// `false` for one that must run outside of a transaction, such as CREATE INDEX CONCURRENTLY.
    /// On SQLite each runs inside of one.
    pub in_transaction: bool,
    pub up: Vec<String>,
    pub down: Down,
}

/// The way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    Statements(Vec<String>),
    /// There is none, for this reason.
    Irreversible(String),
}

impl Recording {
    /// Whether programs that do not know this migration cannot live with it.
    pub fn is_contracting(&self) -> bool {
        is_contracting(&self.name)
    }

    /// SHA-256 in hexadecimal over the statements of the way up, each followed by a NUL.
    pub fn checksum(&self) -> String {
        let mut hasher = Sha256::new();
        for statement in &self.up {
            hasher.update(statement.as_bytes());
            hasher.update([0]);
        }
        hex::encode(hasher.finalize())
    }
}

/// A migration says in its name that it contracts, `m20270131_090000_contract_…`: so an older program,
/// which has no more of it than that name in the database, can tell.
pub fn is_contracting(name: &str) -> bool {
    name.splitn(3, '_')
        .nth(2)
        .is_some_and(|title| title == "contract" || title.starts_with("contract_"))
}

/// Takes down every migration, in the given order.
pub async fn record(
    migrations: &[Box<dyn MigrationTrait>],
    engine: Engine,
) -> Result<Vec<Recording>, Error> {
    let mut recordings = Vec::with_capacity(migrations.len());
    for migration in migrations {
        recordings.push(record_one(migration.as_ref(), engine).await?);
    }
    Ok(recordings)
}

async fn record_one(migration: &dyn MigrationTrait, engine: Engine) -> Result<Recording, Error> {
    let recorder = Recorder::new(engine);
    let connection = recorder.connection();
    let manager = SchemaManager::new(&connection);
    let not_recorded = |error: DbErr| Error::NotRecorded {
        version: migration.name().to_owned(),
        reason: reason_of(error),
    };
    migration.up(&manager).await.map_err(not_recorded)?;
    let up = recorder.take();
    let way_back = migration.down(&manager).await;
    let statements = recorder.take();
    let down = match way_back {
        Ok(()) => Down::Statements(statements),
        Err(error @ DbErr::Migration(_)) => Down::Irreversible(reason_of(error)),
        Err(error) => return Err(not_recorded(error)),
    };
    Ok(Recording {
        name: migration.name().to_owned(),
        in_transaction: engine == Engine::Sqlite || migration.use_transaction() != Some(false),
        up,
        down,
    })
}

fn reason_of(error: DbErr) -> String {
    match error {
        DbErr::Migration(reason) | DbErr::Custom(reason) => reason,
        error => error.to_string(),
    }
}

/// A connection that writes down what it is told and answers no question.
#[derive(Clone, Debug)]
struct Recorder {
    backend: DbBackend,
    statements: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    fn new(engine: Engine) -> Self {
        Self {
            backend: backend(engine),
            statements: Arc::default(),
        }
    }

    fn connection(&self) -> DatabaseConnection {
        let connection = MockDatabaseConnection::new(self.clone());
        DatabaseConnectionType::MockDatabaseConnection(Arc::new(connection)).into()
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements())
    }

    fn statements(&self) -> MutexGuard<'_, Vec<String>> {
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl MockDatabaseTrait for Recorder {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        self.statements().push(statement.to_string());
        Ok(SqliteQueryResult::default().into())
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Err(DbErr::Custom(format!(
            "it asks the database (`{}`), so that nobody could say beforehand what it does",
            statement.sql
        )))
    }

    // The engine sees to transactions; what a migration begins itself is part of its own.
    fn begin(&mut self) {}

    fn commit(&mut self) {}

    fn rollback(&mut self) {}

    fn drain_transaction_log(&mut self) -> Vec<Transaction> {
        Vec::new()
    }

    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    fn ping(&self) -> Result<(), DbErr> {
        Ok(())
    }
}
