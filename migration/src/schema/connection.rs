//! The connection that migrations run on, and the lock that keeps them to one program at a time.

use std::time::{Duration, Instant};

use db::{Database, Engine};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult,
    SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector, Statement,
    TransactionOptions, TransactionTrait,
    sqlx::{self, postgres::PgPoolOptions, sqlite::SqlitePoolOptions},
};

use super::{Event, Schema};
use crate::{Error, history, state::engine_of};

/// Any number will do, as long as no other program uses it on the same database.
pub(crate) const LOCK: i64 = 0x7461_6c6c_7973;
const POLL: Duration = Duration::from_millis(50);

/// Another connection to the same database, of which there is only one: the lock and the
/// transactions must be the same session's.
pub async fn like(connection: &DatabaseConnection) -> Result<DatabaseConnection, Error> {
    let failed = |error: sqlx::Error| DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error.into()));
    match engine_of(connection) {
        Engine::Sqlite => {
            let pool = connection.get_sqlite_connection_pool();
            let options = (*pool.connect_options()).clone();
            if options.get_filename().as_os_str().is_empty() || is_in_memory(&options) {
                return Ok(connection.clone());
            }
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .connect_with(options.foreign_keys(false).busy_timeout(POLL))
                .await
                .map_err(failed)?;
            Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
        }
        Engine::Postgres => {
            let pool = connection.get_postgres_connection_pool();
            let own = PgPoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_with((*pool.connect_options()).clone())
                .await
                .map_err(failed)?;
            let own = SqlxPostgresConnector::from_sqlx_postgres_pool(own);
            take_search_path(connection, &own).await?;
            Ok(own)
        }
    }
}

fn is_in_memory(options: &sqlx::sqlite::SqliteConnectOptions) -> bool {
    let name = options.get_filename().to_string_lossy();
    name.contains(":memory:") || name.starts_with("file:sqlx-in-memory")
}

/// The service and the owner may come by different ways, but to one database.
pub async fn require_same_database(
    database: &Database,
    owner: &DatabaseConnection,
) -> Result<(), Error> {
    if database.engine() == Engine::Sqlite {
        return Ok(());
    }
    let ask = "SELECT format('%s (%s of cluster %s)', datname, d.oid, system_identifier) AS place
        FROM pg_database d, pg_control_system() WHERE datname = current_database()";
    let ask = Statement::from_string(owner.get_database_backend(), ask);
    let place = |row: Option<QueryResult>| row.and_then(|row| row.try_get("", "place").ok());
    let of_owner: Option<String> = place(owner.query_one_raw(ask.clone()).await?);
    let of_service: Option<String> = place(database.reader().query_one_raw(ask).await?);
    match (of_owner, of_service) {
        (Some(owner), Some(service)) if owner != service => {
            Err(Error::OtherDatabase { owner, service })
        }
        _ => Ok(()),
    }
}

async fn take_search_path(from: &DatabaseConnection, to: &DatabaseConnection) -> Result<(), DbErr> {
    let ask = "SELECT current_setting('search_path') AS path";
    let backend = from.get_database_backend();
    let row = from
        .query_one_raw(Statement::from_string(backend, ask))
        .await?;
    let Some(row) = row else { return Ok(()) };
    let path: String = row.try_get("", "path")?;
    let set = "SELECT set_config('search_path', $1, false)";
    let set = Statement::from_sql_and_values(backend, set, [path.into()]);
    to.query_one_raw(set).await.map(drop)
}

impl Schema {
    /// Waits until no other program migrates this PostgreSQL database, and keeps the others out
    /// from then on. It asks again and again rather than wait in the server: a session that waits
    /// for a lock holds a snapshot, and CREATE INDEX CONCURRENTLY would wait for that one in turn.
    pub(super) async fn lock(&self) -> Result<(), Error> {
        let sql = format!("SELECT pg_try_advisory_lock({LOCK}) AS locked");
        let started = Instant::now();
        let mut was_told = false;
        while !self.ask(&self.connection, &sql).await? {
            let waited = started.elapsed();
            if waited > self.options.patience {
                return Err(Error::Busy { waited });
            }
            if !was_told {
                self.tell(&Event::WaitingForAnother);
                was_told = true;
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    pub(super) async fn unlock(&self) -> Result<(), Error> {
        let sql = format!("SELECT pg_advisory_unlock({LOCK}) AS unlocked");
        self.ask(&self.connection, &sql).await.map(drop)
    }

    /// The session that holds the lock may have been lost since, and another have taken it.
    pub(super) async fn require_lock(&self, tx: &DatabaseTransaction) -> Result<(), Error> {
        let sql = format!("SELECT pg_try_advisory_xact_lock({LOCK}) AS locked");
        if self.ask(tx, &sql).await? {
            Ok(())
        } else {
            Err(Error::LockLost)
        }
    }

    async fn ask(&self, connection: &impl ConnectionTrait, sql: &str) -> Result<bool, Error> {
        let statement = Statement::from_string(history::backend(self.engine), sql);
        let row = connection.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
        Ok(row.try_get_by_index(0)?)
    }

    /// SQLite's lock is the transaction that writes; it is waited for like PostgreSQL's.
    pub(super) async fn begin_immediate(&self) -> Result<DatabaseTransaction, Error> {
        let options = || TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let started = Instant::now();
        let mut was_told = false;
        loop {
            let error = match self.connection.begin_with_options(options()).await {
                Ok(tx) => return Ok(tx),
                Err(error) => db::Error::from(error),
            };
            let waited = started.elapsed();
            match error {
                db::Error::Locked(_) if waited <= self.options.patience => {
                    if !was_told {
                        self.tell(&Event::WaitingForAnother);
                        was_told = true;
                    }
                    tokio::time::sleep(POLL).await;
                }
                db::Error::Locked(_) => return Err(Error::Busy { waited }),
                error => return Err(error.into()),
            }
        }
    }
}
