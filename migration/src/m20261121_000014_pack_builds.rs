use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// One step of a pack runs at a time, by the second index. A step is no content of a pack: those after its
/// freeze are written to a frozen one.
const UP: Script = Script {
    both: &[
        "CREATE TABLE pack_build_steps (
            pack_id text NOT NULL REFERENCES pricing_packs (id),
            seq {int} NOT NULL CHECK (seq > 0),
            step text NOT NULL CHECK (step IN ('build', 'reconcile', 'metrics', 'prewarm', 'fresh',
                'alerts')),
            attempt {int} NOT NULL CHECK (attempt > 0),
            outcome text NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'skipped')),
            detail {json} NOT NULL,
            started_at {instant} NOT NULL,
            finished_at {instant},
            CHECK ((outcome = 'running') = (finished_at IS NULL)),
            PRIMARY KEY (pack_id, seq),
            CONSTRAINT pack_build_steps_attempt_key UNIQUE (pack_id, step, attempt)
        ) {strict}",
        "CREATE UNIQUE INDEX pack_build_steps_running_key ON pack_build_steps (pack_id)
            WHERE outcome = 'running'",
    ],
    shared_tables: &["pack_build_steps"],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &["DROP TABLE pack_build_steps"],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000014_pack_builds"
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
