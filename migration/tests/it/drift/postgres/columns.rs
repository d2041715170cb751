use super::super::drifted::{Drift, one};

pub const COLUMNS: &[Drift] = &[
    one(
        "dropped column",
        &["ALTER TABLE securities DROP COLUMN figi"],
        &[&["missing column figi of securities", "ADD COLUMN figi text"]],
    ),
    one(
        "dropped column with an index and a foreign key",
        &["ALTER TABLE portfolios DROP COLUMN benchmark_security_id"],
        &[&[
            "missing column benchmark_security_id of portfolios",
            "portfolios_benchmark_idx",
        ]],
    ),
    one(
        "added column",
        &["ALTER TABLE securities ADD COLUMN colour text"],
        &[&[
            "unexpected column colour of securities",
            "found text",
            "DROP COLUMN colour",
        ]],
    ),
    one(
        "added column with a check and an index",
        &[
            "ALTER TABLE securities ADD COLUMN colour text CHECK (colour <> '')",
            "CREATE INDEX ON securities (colour)",
        ],
        &[&["unexpected column colour of securities"]],
    ),
    one(
        "renamed column",
        &["ALTER TABLE portfolios RENAME COLUMN base_currency TO currency"],
        &[&[
            "different column base_currency of portfolios",
            "found currency",
            "RENAME COLUMN currency TO base_currency",
        ]],
    ),
    one(
        "renamed column of a key, an index and a foreign key",
        &["ALTER TABLE lots RENAME COLUMN portfolio_id TO book_id"],
        &[&[
            "different column portfolio_id of lots",
            "RENAME COLUMN book_id",
        ]],
    ),
    one(
        "type changed",
        &["ALTER TABLE lot_closures ALTER COLUMN holding_days TYPE integer"],
        &[&[
            "different column holding_days of lot_closures",
            "expected bigint",
            "found integer",
        ]],
    ),
    one(
        "type changed to text",
        &["ALTER TABLE lot_closures ALTER COLUMN proceeds TYPE text"],
        &[&[
            "column proceeds of lot_closures",
            "expected numeric",
            "found text",
            "TYPE numeric USING proceeds::numeric",
        ]],
    ),
    one(
        "precision added",
        &["ALTER TABLE lots ALTER COLUMN unit_cost TYPE numeric(20,4)"],
        &[&["column unit_cost of lots", "found numeric(20,4)"]],
    ),
    one(
        "now nullable",
        &["ALTER TABLE securities ALTER COLUMN name DROP NOT NULL"],
        &[&[
            "different column name of securities",
            "expected text NOT NULL",
            "SET NOT NULL",
        ]],
    ),
    one(
        "no longer nullable",
        &["ALTER TABLE securities ALTER COLUMN isin SET NOT NULL"],
        &[&[
            "column isin of securities",
            "found text NOT NULL",
            "DROP NOT NULL",
        ]],
    ),
    one(
        "default added",
        &["ALTER TABLE securities ALTER COLUMN kind SET DEFAULT 'equity'"],
        &[&[
            "column kind of securities",
            "found text NOT NULL DEFAULT 'equity'::text",
            "DROP DEFAULT",
        ]],
    ),
    one(
        "collation changed",
        &["ALTER TABLE securities ALTER COLUMN sector TYPE text COLLATE \"C\""],
        &[&["column sector of securities", "COLLATE \"C\""]],
    ),
    one(
        "made an identity",
        &["ALTER TABLE lot_closures ALTER COLUMN holding_days ADD GENERATED ALWAYS AS IDENTITY"],
        &[&["column holding_days of lot_closures", "IDENTITY"]],
    ),
];
