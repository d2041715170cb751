use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    both: &[
        "CREATE TABLE idempotency_keys (
            user_id {uuid} NOT NULL REFERENCES users (id),
            method text NOT NULL,
            path text NOT NULL,
            key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
            request_hash text NOT NULL,
            status {int} NOT NULL CHECK (status BETWEEN 100 AND 599),
            response text NOT NULL,
            headers {json} NOT NULL,
            expires_at {instant} NOT NULL,
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, method, path, key)
        ) {strict}",
        "CREATE INDEX idempotency_keys_expiry_idx ON idempotency_keys (expires_at)",
    ],
    postgres: &[],
    sqlite: &[],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &["DROP TABLE idempotency_keys"],
    postgres: &[],
    sqlite: &[],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000005_idempotency"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        UP.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DOWN.run(manager).await
    }
}
