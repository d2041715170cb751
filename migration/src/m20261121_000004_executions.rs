use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    both: &[
        "CREATE TABLE executions (
            user_id {uuid} NOT NULL REFERENCES users (id),
            id {uuid} NOT NULL,
            portfolio_id {uuid},
            pattern_id text NOT NULL,
            actor text NOT NULL,
            inputs {json} NOT NULL,
            inputs_hash text NOT NULL,
            asof_date {date} NOT NULL,
            pack_id text NOT NULL REFERENCES pricing_packs (id),
            pack_hash text NOT NULL,
            ledger_commit_hash text,
            books_revision {int} NOT NULL CHECK (books_revision >= 0),
            engine_version text NOT NULL,
            result_hash text NOT NULL,
            result {json} NOT NULL,
            warnings {json} NOT NULL,
            duration_ms {int} NOT NULL CHECK (duration_ms >= 0),
            replay_of {uuid},
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE,
            FOREIGN KEY (user_id, replay_of) REFERENCES executions (user_id, id)
                ON DELETE CASCADE
        ) {strict}",
        "CREATE INDEX executions_portfolio_idx ON executions (user_id, portfolio_id)",
        "CREATE INDEX executions_pack_idx ON executions (pack_id)",
        "CREATE INDEX executions_replay_idx ON executions (user_id, replay_of)
            WHERE replay_of IS NOT NULL",
    ],
    postgres: &[],
    sqlite: &[],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &["DROP TABLE executions"],
    postgres: &[],
    sqlite: &[],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000004_executions"
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
