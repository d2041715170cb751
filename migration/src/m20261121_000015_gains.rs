use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// By which rules a portfolio's lots were booked at an earlier revision of its books; transfers between two portfolios
/// of one owner, with the lots that arrive.
const UP: Script = Script {
    both: &[
        "ALTER TABLE portfolios ADD COLUMN former_rules {json}",
        "ALTER TABLE transactions ADD COLUMN counter_portfolio_id {uuid}",
        "ALTER TABLE transactions ADD COLUMN counter_transaction_id {uuid}",
        "ALTER TABLE transactions ADD COLUMN received_lots {json}",
        "ALTER TABLE portfolio_cash_flows ADD COLUMN counter_portfolio_id {uuid}",
    ],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "ALTER TABLE portfolio_cash_flows DROP COLUMN counter_portfolio_id",
        "ALTER TABLE transactions DROP COLUMN received_lots",
        "ALTER TABLE transactions DROP COLUMN counter_transaction_id",
        "ALTER TABLE transactions DROP COLUMN counter_portfolio_id",
        "ALTER TABLE portfolios DROP COLUMN former_rules",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000015_gains"
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
