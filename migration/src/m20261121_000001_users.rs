use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    both: &["
        CREATE TABLE users (
            id {uuid} PRIMARY KEY,
            email text NOT NULL CHECK (email = lower(email)),
            display_name text NOT NULL,
            role text NOT NULL CHECK (role IN ('viewer', 'user', 'manager', 'admin')),
            is_active {bool} NOT NULL,
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CONSTRAINT users_email_key UNIQUE (email)
        ) {strict}"],
    postgres: &[],
    sqlite: &[],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &["DROP TABLE users"],
    postgres: &[],
    sqlite: &[],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000001_users"
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
