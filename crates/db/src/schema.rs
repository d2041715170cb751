//! The way of migrations into the database: sea-orm's own connection, for its migrator.

use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbErr, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::{
    ConnectOptions as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::SqlitePoolOptions,
};

use crate::{
    Database, Error, Priority,
    database::Backend,
    maker::named,
    refusal::{Refusal, connection_error},
};

/// Of several hosts, the one that takes writes.
async fn connect_to_primary(hosts: Vec<PgConnectOptions>) -> Result<DatabaseConnection, Error> {
    let mut refusal = Refusal::ReadOnly;
    for options in hosts {
        let options = named(options, Priority::Schema).disable_statement_logging();
        match connect_writable(options).await {
            Ok(Some(pool)) => return Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool)),
            Ok(None) => {}
            Err(error) => refusal = Refusal::Away(Arc::new(error)),
        }
    }
    Err(refusal.into())
}

async fn connect_writable(options: PgConnectOptions) -> Result<Option<PgPool>, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let question = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool";
    let read_only: bool = sqlx::query_scalar(question).fetch_one(&pool).await?;
    Ok((!read_only).then_some(pool))
}

impl Database {
    /// One connection of its own, past any pooler and as the owner of the tables where that is known,
    /// for migrations and the locks that they hold.
    /// Its statements have no time limit. Close it when done.
    pub async fn schema_connection(&self) -> Result<DatabaseConnection, Error> {
        match &self.reader.inner.backend {
            Backend::Sqlite(file) => {
                let pool = SqlitePoolOptions::new()
                    .max_connections(1)
                    .connect_with(file.options().clone())
                    .await
                    .map_err(connection_error)?;
                Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
            }
            Backend::Postgres(cluster) => {
                let options = cluster
                    .schema_options()
                    .map_err(|why| DbErr::from(why.map_or(Refusal::NotThereYet, Refusal::Away)))?;
                connect_to_primary(options).await
            }
        }
    }
}
