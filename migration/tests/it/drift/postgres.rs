mod access;
mod columns;
mod constraints;
mod indexes;
mod programs;
mod tables;

use testkit::TestDatabase;

use super::drifted::{Drift, run_all};

/// What other migrations will bring, made on both sides. The roles are PostgreSQL's own.
pub const EXTRA: &[&str] = &[
    "ALTER TABLE portfolios ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE portfolios FORCE ROW LEVEL SECURITY",
    "CREATE POLICY own_rows ON portfolios
        USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
        WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid)",
    "CREATE POLICY seen_by_monitor ON portfolios FOR SELECT TO pg_monitor USING (is_active)",
    "GRANT SELECT, INSERT ON portfolios TO pg_monitor",
    "GRANT UPDATE (name) ON portfolios TO pg_monitor",
    "REVOKE EXECUTE ON FUNCTION refuse_truncation() FROM PUBLIC",
    "CREATE TYPE mood AS ENUM ('calm', 'tense')",
    "CREATE VIEW active_portfolios WITH (security_invoker = true) AS
        SELECT user_id, id FROM portfolios WHERE is_active",
    "CREATE SEQUENCE ticket_numbers",
    "ALTER TABLE lots ADD CONSTRAINT lots_label_excluded EXCLUDE USING btree (label WITH =)",
];

async fn check(drifts: &[Drift]) {
    run_all(TestDatabase::postgres, EXTRA, drifts).await;
}

#[tokio::test]
async fn every_drift_of_columns_is_found_and_mended() {
    check(columns::COLUMNS).await;
}

#[tokio::test]
async fn every_drift_of_constraints_is_found_and_mended() {
    check(constraints::CONSTRAINTS).await;
}

#[tokio::test]
async fn every_drift_of_indexes_is_found_and_mended() {
    check(indexes::INDEXES).await;
}

#[tokio::test]
async fn every_drift_of_access_is_found_and_mended() {
    check(access::ACCESS).await;
}

#[tokio::test]
async fn every_drift_of_functions_triggers_views_and_types_is_found_and_mended() {
    check(programs::PROGRAMS).await;
}

#[tokio::test]
async fn every_drift_of_tables_is_found_and_mended() {
    check(tables::TABLES).await;
}
