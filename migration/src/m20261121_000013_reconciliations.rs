use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// What came of holding a portfolio's books against the ledger, and of a warming pack what content it was
/// reconciled with: prices that are loaded afterwards were not.
const UP: Script = Script {
    both: &[
        "ALTER TABLE pricing_packs ADD COLUMN reconciled_hash text",
        "CREATE TABLE reconciliations (
            user_id {uuid} NOT NULL REFERENCES users (id),
            id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            pack_id text NOT NULL REFERENCES pricing_packs (id),
            pack_hash text NOT NULL,
            asof_date {date} NOT NULL,
            ledger_commit_hash text,
            ledger_hash text NOT NULL,
            accounts {json} NOT NULL,
            books_revision {int} NOT NULL CHECK (books_revision >= 0),
            engine_version text NOT NULL,
            passed {bool} NOT NULL,
            error_bps {decimal},
            difference_count {int} NOT NULL CHECK (difference_count >= 0),
            differences {json} NOT NULL,
            first_difference {json},
            left_out {json} NOT NULL,
            is_in_pack {bool} NOT NULL,
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE,
            CHECK (passed = (difference_count = 0)),
            CHECK (NOT passed OR error_bps IS NOT NULL)
        ) {strict}",
        "CREATE INDEX reconciliations_portfolio_idx ON reconciliations (user_id, portfolio_id, id)",
        "CREATE INDEX reconciliations_pack_idx ON reconciliations (pack_id)",
    ],
    postgres: &[
        "ALTER TABLE reconciliations ADD CONSTRAINT reconciliations_error_check
        CHECK (error_bps IS NULL OR error_bps >= 0 AND (NOT passed OR error_bps <= 1))",
    ],
    tenant_tables: &["reconciliations"],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE reconciliations",
        "ALTER TABLE pricing_packs DROP COLUMN reconciled_hash",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000013_reconciliations"
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
