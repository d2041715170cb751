//! The rule for partitions, on a made-up table that is partitioned by year.

use testkit::TestDatabase;

use super::drifted::{Drift, one, run_all};

const EXTRA: &[&str] = &[
    "CREATE TABLE daily (user_id uuid NOT NULL, day date NOT NULL, total numeric CHECK (total >= 0),
        PRIMARY KEY (user_id, day)) PARTITION BY RANGE (day)",
    "CREATE INDEX daily_day_idx ON daily (day DESC) WHERE total > 0",
    "CREATE TRIGGER daily_guard BEFORE UPDATE ON daily
        FOR EACH ROW EXECUTE FUNCTION refuse_truncation()",
    "ALTER TABLE daily ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE daily FORCE ROW LEVEL SECURITY",
    "CREATE POLICY own_rows ON daily USING (user_id IS NOT NULL)",
    "GRANT SELECT ON daily TO pg_monitor",
    "CREATE TABLE daily_before_2024 PARTITION OF daily
        FOR VALUES FROM (MINVALUE) TO ('2024-01-01')",
    "CREATE TABLE daily_2024 PARTITION OF daily FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "CREATE TABLE daily_2025 PARTITION OF daily FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    "ALTER TABLE daily_before_2024 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "ALTER TABLE daily_2024 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "ALTER TABLE daily_2025 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "CREATE TABLE hourly (at timestamptz NOT NULL) PARTITION BY RANGE (at)",
    "CREATE TABLE hourly_2025 PARTITION OF hourly
        FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2026-01-01 00:00:00+00')",
];

const DRIFTS: &[Drift] = &[
    one(
        "more partitions, made ahead",
        &[
            "CREATE TABLE daily_2026 PARTITION OF daily FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
            "ALTER TABLE daily_2026 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ],
        &[],
    ),
    one(
        "a gap",
        &[
            "CREATE TABLE daily_2028 PARTITION OF daily FOR VALUES FROM ('2028-01-01') TO ('2029-01-01')",
            "ALTER TABLE daily_2028 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ],
        &[&[
            "missing partition daily_2027 of daily",
            "a gap",
            "2027",
            "CREATE TABLE daily_2027",
        ]],
    ),
    one(
        "row security off",
        &["ALTER TABLE daily_2024 DISABLE ROW LEVEL SECURITY"],
        &[&[
            "different partition daily_2024 of daily",
            "row security",
            "ENABLE",
        ]],
    ),
    one(
        "row security not forced",
        &["ALTER TABLE daily_2024 NO FORCE ROW LEVEL SECURITY"],
        &[&["different partition daily_2024 of daily", "enabled, forced"]],
    ),
    one(
        "grants of its own",
        &[
            "GRANT SELECT, UPDATE ON daily_2024 TO pg_monitor",
            "GRANT SELECT ON daily_2024 TO PUBLIC",
        ],
        &[&[
            "partition daily_2024 of daily",
            "SELECT to PUBLIC",
            "UPDATE to pg_monitor",
        ]],
    ),
    one(
        "a trigger switched off",
        &["ALTER TABLE daily_2024 DISABLE TRIGGER daily_guard"],
        &[&[
            "partition daily_2024 of daily",
            "trigger daily_guard",
            "ENABLE TRIGGER",
        ]],
    ),
    one(
        "no index in one partition",
        &[
            "DROP INDEX daily_day_idx",
            "CREATE INDEX daily_day_idx ON ONLY daily (day DESC) WHERE total > 0",
            "CREATE INDEX old ON daily_before_2024 (day DESC) WHERE total > 0",
            "ALTER INDEX daily_day_idx ATTACH PARTITION old",
            "CREATE INDEX five ON daily_2025 (day DESC) WHERE total > 0",
            "ALTER INDEX daily_day_idx ATTACH PARTITION five",
            "CREATE INDEX six ON daily_2026 (day DESC) WHERE total > 0",
            "ALTER INDEX daily_day_idx ATTACH PARTITION six",
            "CREATE INDEX seven ON daily_2027 (day DESC) WHERE total > 0",
            "ALTER INDEX daily_day_idx ATTACH PARTITION seven",
            "CREATE INDEX eight ON daily_2028 (day DESC) WHERE total > 0",
            "ALTER INDEX daily_day_idx ATTACH PARTITION eight",
        ],
        &[&[
            "partition daily_2024 of daily",
            "index daily_day_idx",
            "ATTACH PARTITION",
        ]],
    ),
    // Each partition is to be mended by itself.
    one(
        "no primary key in any partition",
        &[
            "ALTER TABLE daily DROP CONSTRAINT daily_pkey",
            "ALTER TABLE ONLY daily ADD CONSTRAINT daily_pkey PRIMARY KEY (user_id, day)",
        ],
        &[
            &["daily_2024 of daily", "daily_pkey", "ADD CONSTRAINT"],
            &["daily_2025 of daily"],
            &["daily_2026 of daily"],
            &["daily_2027 of daily"],
            &["daily_2028 of daily"],
            &["daily_before_2024 of daily"],
        ],
    ),
    one(
        "the table's own policy",
        &["DROP POLICY own_rows ON daily"],
        &[&["missing policy own_rows on daily"]],
    ),
    one(
        "the table's own index",
        &["DROP INDEX daily_day_idx"],
        &[&[
            "missing index daily_day_idx on daily",
            "CREATE INDEX daily_day_idx ON daily ",
        ]],
    ),
    one(
        "a column of the table",
        &["ALTER TABLE daily ADD COLUMN note text"],
        &[&["unexpected column note of daily"]],
    ),
    one(
        "the newest one detached",
        &["ALTER TABLE daily DETACH PARTITION daily_2028"],
        &[&[
            "unexpected table daily_2028",
            "daily",
            "ATTACH PARTITION daily_2028",
        ]],
    ),
    // The table that is there and the year that is not.
    one(
        "one detached from among the others",
        &["ALTER TABLE daily DETACH PARTITION daily_2024"],
        &[
            &["unexpected table daily_2024"],
            &["missing partition daily_2024 of daily", "ATTACH"],
        ],
    ),
    one(
        "half a year",
        &[
            "CREATE TABLE daily_2026 PARTITION OF daily
            FOR VALUES FROM ('2026-01-01') TO ('2026-07-01')",
            "ALTER TABLE daily_2026 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ],
        &[&[
            "partition daily_2026 of daily",
            "one calendar year",
            "2026-07-01",
        ]],
    ),
    one(
        "a default partition",
        &[
            "CREATE TABLE daily_rest PARTITION OF daily DEFAULT",
            "ALTER TABLE daily_rest ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ],
        &[&[
            "partition daily_rest of daily",
            "one calendar year",
            "DEFAULT",
        ]],
    ),
    one(
        "an open end",
        &[
            "CREATE TABLE daily_rest PARTITION OF daily
            FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)",
            "ALTER TABLE daily_rest ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ],
        &[&[
            "partition daily_rest of daily",
            "one calendar year",
            "MAXVALUE",
        ]],
    ),
    one(
        "no longer partitioned",
        &[
            "DROP TABLE hourly",
            "CREATE TABLE hourly (at timestamptz NOT NULL)",
        ],
        &[&[
            "different table hourly",
            "PARTITION BY RANGE (at)",
            "rebuild",
        ]],
    ),
    one(
        "dropped",
        &["DROP TABLE hourly"],
        &[&["missing table hourly", "PARTITION BY RANGE (at)"]],
    ),
];

#[tokio::test]
async fn every_fault_of_partitions_is_found_and_mended() {
    run_all(TestDatabase::postgres, EXTRA, DRIFTS).await;
}
