use super::super::drifted::{Drift, one};

/// Changes the text of a table, as SQLite's own ALTER TABLE does; `sqlite_schema` is read again when
/// the version of the schema changes.
macro_rules! rewritten {
    ($table:literal, $from:literal, $to:literal) => {
        &[concat!(
            "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, '",
            $from,
            "', '",
            $to,
            "') WHERE name = '",
            $table,
            "';
                 PRAGMA schema_version = 20000; PRAGMA writable_schema = RESET"
        )]
    };
}

pub const REBUILDS: &[Drift] = &[
    one(
        "type changed",
        rewritten!("lot_closures", "holding_days INTEGER", "holding_days TEXT"),
        &[&[
            "column holding_days of lot_closures",
            "expected INTEGER",
            "found TEXT",
            "rebuild",
        ]],
    ),
    one(
        "now nullable",
        rewritten!("securities", "name text NOT NULL", "name text"),
        &[&[
            "column name of securities",
            "expected TEXT NOT NULL, found TEXT",
            "rebuild table",
        ]],
    ),
    one(
        "no longer nullable",
        rewritten!("securities", "isin text", "isin text NOT NULL"),
        &[&["column isin of securities", "found TEXT NOT NULL"]],
    ),
    one(
        "default added",
        rewritten!("securities", "isin text", "isin text DEFAULT ''unknown''"),
        &[&["column isin of securities", "DEFAULT 'unknown'"]],
    ),
    one(
        "collation changed",
        rewritten!("securities", "isin text", "isin text COLLATE NOCASE"),
        &[&["column isin of securities", "COLLATE nocase"]],
    ),
    one(
        "collation dropped",
        rewritten!("plain", "COLLATE NOCASE", ""),
        &[&["column a of plain", "COLLATE nocase"]],
    ),
    one(
        "another generated column",
        rewritten!("plain", "a || b", "b || a"),
        &[&["column c of plain", "AS (a || b) STORED"]],
    ),
    one(
        "another primary key",
        rewritten!(
            "fx_rates",
            "(pack_id, base, quote)",
            "(pack_id, quote, base)"
        ),
        &[&[
            "different primary key of fx_rates",
            "expected (pack_id, base, quote)",
        ]],
    ),
    one(
        "dropped check",
        rewritten!("securities", "CHECK (length(currency) = 3)", ""),
        &[&[
            "missing check (currency) on securities",
            "length(currency) = 3",
            "rebuild",
        ]],
    ),
    one(
        "changed check",
        rewritten!("securities", "length(currency) = 3", "length(currency) = 4"),
        &[&[
            "different check (currency) on securities",
            "expected (length(currency) = 3)",
        ]],
    ),
    one(
        "changed word in a check",
        rewritten!("users", "''admin''", "''Admin''"),
        &[&["different check (role) on users", "'Admin'"]],
    ),
    one(
        "added check",
        rewritten!("securities", "isin text", "isin text CHECK (isin <> '''')"),
        &[&["unexpected check (isin) on securities"]],
    ),
    one(
        "dropped foreign key",
        rewritten!(
            "portfolios",
            "benchmark_security_id BLOB REFERENCES securities (id)",
            "benchmark_security_id BLOB"
        ),
        &[&[
            "missing foreign key (benchmark_security_id) on portfolios",
            "REFERENCES securities",
        ]],
    ),
    one(
        "foreign key with another ON DELETE",
        rewritten!("imports", "ON DELETE CASCADE", "ON DELETE SET NULL"),
        &[&[
            "foreign key (user_id, portfolio_id) on imports",
            "ON DELETE CASCADE, found",
            "ON DELETE SET NULL",
        ]],
    ),
    one(
        "foreign key to another table",
        rewritten!(
            "prices",
            "REFERENCES securities (id)",
            "REFERENCES users (id)"
        ),
        &[&[
            "foreign key (security_id) on prices",
            "REFERENCES securities (id), found",
        ]],
    ),
    one(
        "foreign key no longer deferred",
        rewritten!("plain", "DEFERRABLE INITIALLY DEFERRED", ""),
        &[&["foreign key (parent) on plain", "DEFERRABLE"]],
    ),
    one(
        "no longer strict",
        rewritten!("users", " STRICT", ""),
        // Only a strict table's primary key is NOT NULL by itself.
        &[
            &["different table users", "expected strict, found not strict"],
            &["different column id of users", "expected BLOB NOT NULL"],
        ],
    ),
    one(
        "an answer to conflicts",
        rewritten!(
            "securities",
            "UNIQUE (symbol)",
            "UNIQUE (symbol) ON CONFLICT REPLACE"
        ),
        &[&["different table securities", "ON CONFLICT REPLACE"]],
    ),
    one(
        "another writing of a table",
        rewritten!(
            "securities",
            "name text NOT NULL",
            "\"NAME\" TEXT /* why, */ not NULL"
        ),
        &[],
    ),
];
