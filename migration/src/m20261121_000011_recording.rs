use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// What is booked by the program itself, and not by a ledger: the order of booking, the terms of corporate
/// actions, costs in base currency, and since which revision a row counts no more.
const UP: Script = Script {
    both: &[
        "ALTER TABLE portfolios ADD COLUMN is_recorded {bool} NOT NULL DEFAULT false",
        "ALTER TABLE portfolios ADD COLUMN allows_shorts {bool} NOT NULL DEFAULT false",
        "ALTER TABLE transactions ADD COLUMN sequence {int} NOT NULL DEFAULT 0",
        "ALTER TABLE transactions ADD COLUMN terms {json}",
        "ALTER TABLE transactions ADD COLUMN voided_revision {int}",
        "ALTER TABLE lots ADD COLUMN sequence {int} NOT NULL DEFAULT 0",
        "ALTER TABLE lots ADD COLUMN ordinal {int} NOT NULL DEFAULT 0",
        "ALTER TABLE lots ADD COLUMN opened_on {date}",
        "ALTER TABLE lots ADD COLUMN cost_basis_base {decimal}",
        "ALTER TABLE lots ADD COLUMN superseded_revision {int}",
        "ALTER TABLE lot_closures ADD COLUMN security_id {uuid}",
        "ALTER TABLE lot_closures ADD COLUMN proceeds_base {decimal}",
        "ALTER TABLE lot_closures ADD COLUMN cost_basis_base {decimal}",
        "ALTER TABLE lot_closures ADD COLUMN carried_basis {decimal} NOT NULL DEFAULT '0'",
        "ALTER TABLE lot_closures ADD COLUMN realized_gain_base {decimal}",
        "ALTER TABLE lot_closures ADD COLUMN superseded_revision {int}",
        "ALTER TABLE portfolio_cash_flows ADD COLUMN superseded_revision {int}",
    ],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "ALTER TABLE portfolio_cash_flows DROP COLUMN superseded_revision",
        "ALTER TABLE lot_closures DROP COLUMN superseded_revision",
        "ALTER TABLE lot_closures DROP COLUMN realized_gain_base",
        "ALTER TABLE lot_closures DROP COLUMN carried_basis",
        "ALTER TABLE lot_closures DROP COLUMN cost_basis_base",
        "ALTER TABLE lot_closures DROP COLUMN proceeds_base",
        "ALTER TABLE lot_closures DROP COLUMN security_id",
        "ALTER TABLE lots DROP COLUMN superseded_revision",
        "ALTER TABLE lots DROP COLUMN cost_basis_base",
        "ALTER TABLE lots DROP COLUMN opened_on",
        "ALTER TABLE lots DROP COLUMN ordinal",
        "ALTER TABLE lots DROP COLUMN sequence",
        "ALTER TABLE transactions DROP COLUMN voided_revision",
        "ALTER TABLE transactions DROP COLUMN terms",
        "ALTER TABLE transactions DROP COLUMN sequence",
        "ALTER TABLE portfolios DROP COLUMN allows_shorts",
        "ALTER TABLE portfolios DROP COLUMN is_recorded",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000011_recording"
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
