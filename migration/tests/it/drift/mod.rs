//! The schema that is there against the one that the migrations make.

mod clean;
mod drifted;
mod engines;
mod entities;
mod partitions;
mod postgres;
mod schemas;
mod sqlite;

use db::DbErr;
use migration::{
    catalogue::{Catalogue, Kind, read},
    drift::{self, Difference},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend};
use testkit::TestDatabase;

async fn connect(db: &TestDatabase) -> DatabaseConnection {
    db.database.schema_connection().await.unwrap()
}

/// What the migrations and then these statements make.
async fn expected(connection: &DatabaseConnection, extra: &[&str]) -> Catalogue {
    let apply = async |transaction: &DatabaseTransaction| -> Result<(), DbErr> {
        drift::apply(transaction, None).await?;
        for sql in extra {
            transaction.execute_unprepared(sql).await?;
        }
        Ok(())
    };
    drift::expected(connection, apply).await.unwrap()
}

async fn differences(expected: &Catalogue, connection: &DatabaseConnection) -> Vec<Difference> {
    drift::differences(expected, &read(connection, None).await.unwrap())
}

async fn run(connection: &DatabaseConnection, sql: &str) {
    if let Err(error) = connection.execute_unprepared(sql).await {
        panic!("{error}: {sql}");
    }
}

async fn make_empty(connection: &DatabaseConnection) {
    if connection.get_database_backend() == DbBackend::Postgres {
        run(
            connection,
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
        )
        .await;
        return;
    }
    run(connection, "PRAGMA foreign_keys = OFF").await;
    let found = read(connection, None).await.unwrap();
    for table in found.of_kind(Kind::Table) {
        run(connection, &table.drop).await;
    }
}

fn lines(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(ToString::to_string).collect()
}
