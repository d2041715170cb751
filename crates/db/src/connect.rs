//! Opening the pools of an engine from its URL.

use std::{
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::{
    ConnectOptions as _, Connection as _,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{ConnectError, Settings};

/// Which database stands behind a [`Database`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Both ways into a database: a writer and readers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pub(crate) engine: Engine,
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    pub(crate) limits: Limits,
    pub(crate) waiting: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub min: u32,
    pub max: u32,
}

impl Database {
    /// Opens the pools and asks each engine for one answer, so that a wrong address fails here.
    pub async fn connect(settings: &Settings) -> Result<Self, ConnectError> {
        match settings.engine()? {
            Engine::Sqlite => connect_sqlite(settings).await,
            Engine::Postgres => connect_postgres(settings).await,
        }
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// For a single statement that reads. Several that must agree belong in [`Database::read`].
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The writing side without a transaction, for migrations alone.
    pub fn schema_connection(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Waits for work that is under way, then closes every connection.
    pub async fn close(&self) {
        for connection in [&self.reader, &self.writer] {
            if let Err(error) = connection.close_by_ref().await {
                tracing::warn!(%error, "a database connection did not close cleanly");
            }
        }
    }

    pub(crate) fn count_waiting(&self) -> Waiting {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(self.waiting.clone())
    }
}

/// Counts one unit of work as waiting for a connection until it is dropped.
pub(crate) struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connect_sqlite(settings: &Settings) -> Result<Database, ConnectError> {
    let options = SqliteConnectOptions::from_str(&settings.url)
        .map_err(|source| ConnectError::InvalidUrl { source })?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(settings.busy_timeout)
        .statement_cache_capacity(256)
        .disable_statement_logging();
    make_parent_folder(options.get_filename())?;
    let unreachable = |source| ConnectError::sqlite(options.get_filename(), source);

    let pool = |max| {
        SqlitePoolOptions::new()
            .max_connections(max)
            .min_connections(1)
            .acquire_timeout(settings.acquire_timeout.max(settings.busy_timeout))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_release(|connection, _| {
                let reusable = !connection.is_in_transaction();
                Box::pin(async move { Ok(reusable) })
            })
    };
    let writer = pool(1)
        .connect_with(options.clone())
        .await
        .map_err(unreachable)?;
    let reader = if is_in_memory(&settings.url) {
        writer.clone()
    } else {
        let read_only = options.clone().pragma("query_only", "ON");
        pool(settings.pool_max_size.max(1))
            .connect_with(read_only)
            .await
            .map_err(unreachable)?
    };
    Ok(Database {
        engine: Engine::Sqlite,
        writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
        reader: SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
        limits: Limits {
            min: 2,
            max: settings.pool_max_size.max(1) + 1,
        },
        waiting: Arc::default(),
    })
}

fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

fn make_parent_folder(file: &Path) -> Result<(), ConnectError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|source| ConnectError::Folder {
                path: folder.to_owned(),
                source,
            })
        }
        _ => Ok(()),
    }
}

async fn connect_postgres(settings: &Settings) -> Result<Database, ConnectError> {
    let options = PgConnectOptions::from_str(&settings.url)
        .map_err(|source| ConnectError::InvalidUrl { source })?
        .application_name("tallystick")
        .options([
            (
                "statement_timeout",
                format!("{}ms", settings.command_timeout.as_millis()),
            ),
            ("idle_in_transaction_session_timeout", "60s".to_owned()),
            ("TimeZone", "UTC".to_owned()),
        ])
        .disable_statement_logging();
    let max = settings.pool_max_size.max(2);
    let pool = PgPoolOptions::new()
        .max_connections(max)
        .min_connections(1)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        .after_release(|connection, _| {
            let reusable = !connection.is_in_transaction();
            Box::pin(async move { Ok(reusable) })
        })
        .connect_with(options.clone())
        .await
        .map_err(|source| ConnectError::postgres(&options, source))?;
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Database {
        engine: Engine::Postgres,
        writer: connection.clone(),
        reader: connection,
        limits: Limits { min: 1, max },
        waiting: Arc::default(),
    })
}
