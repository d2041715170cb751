use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    both: &[
        "CREATE TABLE securities (
            id {uuid} PRIMARY KEY,
            symbol text NOT NULL,
            name text NOT NULL,
            kind text NOT NULL CHECK (kind IN ('equity', 'etf', 'fund', 'bond', 'cash', 'crypto',
                'option', 'index', 'other')),
            currency text NOT NULL CHECK (length(currency) = 3),
            exchange text,
            isin text,
            figi text,
            sector text,
            country text,
            is_active {bool} NOT NULL,
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CONSTRAINT securities_symbol_key UNIQUE (symbol)
        ) {strict}",
        "CREATE TABLE portfolios (
            user_id {uuid} NOT NULL REFERENCES users (id),
            id {uuid} NOT NULL,
            name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
            base_currency text NOT NULL CHECK (length(base_currency) = 3),
            benchmark_security_id {uuid} REFERENCES securities (id),
            lot_method text NOT NULL
                CHECK (lot_method IN ('fifo', 'lifo', 'hifo', 'average', 'specific')),
            is_active {bool} NOT NULL,
            books_revision {int} NOT NULL CHECK (books_revision >= 0),
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            CONSTRAINT portfolios_name_key UNIQUE (user_id, name)
        ) {strict}",
        "CREATE INDEX portfolios_benchmark_idx ON portfolios (benchmark_security_id)",
        "CREATE TABLE transactions (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            security_id {uuid} REFERENCES securities (id),
            kind text NOT NULL CHECK (kind IN ('buy', 'sell', 'dividend', 'interest', 'fee', 'tax',
                'deposit', 'withdrawal', 'split', 'spin_off', 'return_of_capital', 'transfer_in',
                'transfer_out', 'merger')),
            trade_date {date} NOT NULL,
            settle_date {date},
            quantity {decimal} NOT NULL,
            price {decimal} CHECK (price IS NULL OR {not_negative:price}),
            amount {decimal} NOT NULL,
            currency text NOT NULL CHECK (length(currency) = 3),
            fee {decimal} NOT NULL CHECK {not_negative:fee},
            tax {decimal} NOT NULL CHECK {not_negative:tax},
            fx_rate {decimal} CHECK (fx_rate IS NULL OR {positive:fx_rate}),
            pay_date {date},
            ex_date {date},
            narration text,
            source text NOT NULL CHECK (source IN ('manual', 'import', 'ledger')),
            external_id text,
            ledger_commit_hash text,
            books_revision {int} NOT NULL CHECK (books_revision > 0),
            recorded_at {instant} NOT NULL,
            voided_at {instant},
            voids_id {uuid},
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE,
            FOREIGN KEY (user_id, voids_id) REFERENCES transactions (user_id, id)
        ) {strict}",
        "CREATE INDEX transactions_portfolio_idx
            ON transactions (user_id, portfolio_id, trade_date, id)",
        "CREATE UNIQUE INDEX transactions_external_key
            ON transactions (user_id, portfolio_id, source, external_id)
            WHERE external_id IS NOT NULL",
        "CREATE INDEX transactions_security_idx ON transactions (security_id)",
        "CREATE INDEX transactions_voids_idx ON transactions (user_id, voids_id)
            WHERE voids_id IS NOT NULL",
        "CREATE TABLE lots (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            security_id {uuid} NOT NULL REFERENCES securities (id),
            opened_by_transaction_id {uuid} NOT NULL,
            acquired_on {date} NOT NULL,
            quantity_original {decimal} NOT NULL,
            quantity_open {decimal} NOT NULL,
            unit_cost {decimal} NOT NULL,
            cost_basis {decimal} NOT NULL,
            cost_currency text NOT NULL CHECK (length(cost_currency) = 3),
            fx_rate {decimal} CHECK (fx_rate IS NULL OR {positive:fx_rate}),
            label text,
            closed_on {date},
            books_revision {int} NOT NULL CHECK (books_revision > 0),
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE,
            FOREIGN KEY (user_id, opened_by_transaction_id) REFERENCES transactions (user_id, id)
                ON DELETE CASCADE
        ) {strict}",
        "CREATE INDEX lots_portfolio_idx ON lots (user_id, portfolio_id, security_id, acquired_on)",
        "CREATE INDEX lots_security_idx ON lots (security_id)",
        "CREATE INDEX lots_opened_by_idx ON lots (user_id, opened_by_transaction_id)",
        "CREATE TABLE lot_closures (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            lot_id {uuid} NOT NULL,
            transaction_id {uuid} NOT NULL,
            quantity {decimal} NOT NULL,
            proceeds {decimal} NOT NULL,
            cost_basis {decimal} NOT NULL,
            realized_gain {decimal} NOT NULL,
            fx_gain {decimal},
            closed_on {date} NOT NULL,
            holding_days {int} NOT NULL,
            books_revision {int} NOT NULL CHECK (books_revision > 0),
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE,
            FOREIGN KEY (user_id, lot_id) REFERENCES lots (user_id, id) ON DELETE CASCADE,
            FOREIGN KEY (user_id, transaction_id) REFERENCES transactions (user_id, id)
                ON DELETE CASCADE
        ) {strict}",
        "CREATE INDEX lot_closures_portfolio_idx
            ON lot_closures (user_id, portfolio_id, closed_on)",
        "CREATE INDEX lot_closures_lot_idx ON lot_closures (user_id, lot_id)",
        "CREATE INDEX lot_closures_transaction_idx ON lot_closures (user_id, transaction_id)",
        "CREATE TABLE portfolio_cash_flows (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            flow_date {date} NOT NULL,
            kind text NOT NULL CHECK (kind IN ('deposit', 'withdrawal', 'dividend', 'interest',
                'fee', 'tax', 'transfer')),
            amount {decimal} NOT NULL,
            currency text NOT NULL CHECK (length(currency) = 3),
            transaction_id {uuid} NOT NULL,
            is_external {bool} NOT NULL,
            books_revision {int} NOT NULL CHECK (books_revision > 0),
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            CONSTRAINT portfolio_cash_flows_transaction_key
                UNIQUE (user_id, transaction_id, kind),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE,
            FOREIGN KEY (user_id, transaction_id) REFERENCES transactions (user_id, id)
                ON DELETE CASCADE
        ) {strict}",
        "CREATE INDEX portfolio_cash_flows_portfolio_idx
            ON portfolio_cash_flows (user_id, portfolio_id, flow_date, id)",
        "CREATE TABLE imports (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            portfolio_id {uuid},
            format text NOT NULL,
            file_hash text NOT NULL,
            status text NOT NULL CHECK (status IN ('committed', 'failed')),
            counts {json} NOT NULL,
            errors {json} NOT NULL,
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE
        ) {strict}",
        "CREATE INDEX imports_portfolio_idx ON imports (user_id, portfolio_id)",
    ],
    postgres: &["ALTER TABLE lots ADD CONSTRAINT lots_quantity_check CHECK (
            quantity_original <> 0 AND quantity_open * quantity_original >= 0
            AND abs(quantity_open) <= abs(quantity_original))"],
    sqlite: &[],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE imports",
        "DROP TABLE portfolio_cash_flows",
        "DROP TABLE lot_closures",
        "DROP TABLE lots",
        "DROP TABLE transactions",
        "DROP TABLE portfolios",
        "DROP TABLE securities",
    ],
    postgres: &[],
    sqlite: &[],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000002_books"
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
