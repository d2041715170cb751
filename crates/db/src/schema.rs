//! The way of migrations into the database: sea-orm's own connection, for its migrator.

use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbErr, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::{ConnectOptions as _, postgres::PgPoolOptions, sqlite::SqlitePoolOptions};

use crate::{
    Database, Error, Priority,
    database::Backend,
    maker::named,
    refusal::{Refusal, connection_error},
};

impl Database {
    /// One connection of its own, past any pooler, for migrations and the locks that they hold.
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
                    .direct_options()
                    .map_err(|why| DbErr::from(why.map_or(Refusal::NotThereYet, Refusal::Away)))?;
                let options = named(options, Priority::Schema).disable_statement_logging();
                let pool = PgPoolOptions::new()
                    .max_connections(1)
                    .connect_with(options)
                    .await
                    .map_err(|error| DbErr::from(Refusal::Away(Arc::new(error))))?;
                Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
            }
        }
    }
}
