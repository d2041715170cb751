mod rebuilds;
mod statements;

use testkit::TestDatabase;

use super::drifted::{one, run_all};

const EXTRA: &[&str] = &[
    "CREATE VIEW active_portfolios AS SELECT user_id, id FROM portfolios WHERE is_active",
    "CREATE TABLE plain (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b TEXT,
        c TEXT AS (a || b) STORED, parent INTEGER REFERENCES plain DEFERRABLE INITIALLY DEFERRED)",
];

async fn new_database() -> Option<TestDatabase> {
    if testkit::sqlite_is_wanted() {
        Some(TestDatabase::sqlite().await)
    } else {
        None
    }
}

#[tokio::test]
async fn every_drift_by_statements_is_found_and_mended() {
    run_all(new_database, EXTRA, statements::STATEMENTS).await;
}

#[tokio::test]
async fn every_drift_that_only_a_rebuild_mends_is_found() {
    run_all(new_database, EXTRA, rebuilds::REBUILDS).await;
}

#[tokio::test]
async fn a_dropped_unique_key_is_found() {
    let drift = one(
        "dropped unique key",
        &[
            "PRAGMA foreign_keys = OFF",
            "DROP TABLE imports",
            "DROP TABLE users",
            "CREATE TABLE users (id BLOB PRIMARY KEY,
                email text NOT NULL CHECK (email = lower(email)), display_name text NOT NULL,
                role text NOT NULL CHECK (role IN ('viewer', 'user', 'manager', 'admin')),
                is_active INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
                session_version INTEGER NOT NULL DEFAULT 0, default_portfolio_id BLOB,
                last_login_at TEXT
            ) STRICT",
        ],
        &[
            &["missing table imports"],
            &["missing unique key (email) on users", "rebuild table"],
        ],
    );
    run_all(new_database, &[], &[drift]).await;
}
