use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    tenant_tables: &[
        "portfolios",
        "transactions",
        "lots",
        "lot_closures",
        "portfolio_cash_flows",
        "imports",
        "executions",
        "idempotency_keys",
    ],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    postgres: &[
        "DROP POLICY administrator ON idempotency_keys",
        "DROP POLICY tenant ON idempotency_keys",
        "ALTER TABLE idempotency_keys NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY",
        "DROP POLICY administrator ON executions",
        "DROP POLICY tenant ON executions",
        "ALTER TABLE executions NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE executions DISABLE ROW LEVEL SECURITY",
        "DROP POLICY administrator ON imports",
        "DROP POLICY tenant ON imports",
        "ALTER TABLE imports NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE imports DISABLE ROW LEVEL SECURITY",
        "DROP POLICY administrator ON portfolio_cash_flows",
        "DROP POLICY tenant ON portfolio_cash_flows",
        "ALTER TABLE portfolio_cash_flows NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE portfolio_cash_flows DISABLE ROW LEVEL SECURITY",
        "DROP POLICY administrator ON lot_closures",
        "DROP POLICY tenant ON lot_closures",
        "ALTER TABLE lot_closures NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE lot_closures DISABLE ROW LEVEL SECURITY",
        "DROP POLICY administrator ON lots",
        "DROP POLICY tenant ON lots",
        "ALTER TABLE lots NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE lots DISABLE ROW LEVEL SECURITY",
        "DROP POLICY administrator ON transactions",
        "DROP POLICY tenant ON transactions",
        "ALTER TABLE transactions NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE transactions DISABLE ROW LEVEL SECURITY",
        "DROP POLICY administrator ON portfolios",
        "DROP POLICY tenant ON portfolios",
        "ALTER TABLE portfolios NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE portfolios DISABLE ROW LEVEL SECURITY",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000007_contract_row_security"
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
