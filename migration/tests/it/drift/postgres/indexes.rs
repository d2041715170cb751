use super::super::drifted::{Drift, one};

pub const INDEXES: &[Drift] = &[
    one(
        "dropped index",
        &["DROP INDEX lots_security_idx"],
        &[&[
            "missing index lots_security_idx on lots",
            "CREATE INDEX lots_security_idx ON lots",
        ]],
    ),
    one(
        "extra index",
        &["CREATE INDEX by_label ON lots (label)"],
        &[&["unexpected index by_label on lots", "DROP INDEX by_label"]],
    ),
    one(
        "another predicate",
        &[
            "DROP INDEX executions_replay_idx",
            "CREATE INDEX executions_replay_idx ON executions (user_id, replay_of)",
        ],
        &[&[
            "different index executions_replay_idx on executions",
            "WHERE replay_of IS NOT NULL",
        ]],
    ),
    one(
        "another order of columns",
        &[
            "DROP INDEX lots_security_idx, lot_closures_lot_idx",
            "CREATE INDEX lots_security_idx ON lots (security_id)",
            "CREATE INDEX lot_closures_lot_idx ON lot_closures (lot_id, user_id)",
        ],
        &[&[
            "different index lot_closures_lot_idx on lot_closures",
            "(user_id, lot_id)",
            "(lot_id, user_id)",
        ]],
    ),
    one(
        "ascending for descending",
        &[
            "DROP INDEX pricing_packs_asof_idx",
            "CREATE INDEX pricing_packs_asof_idx ON pricing_packs (asof_date)",
        ],
        &[&[
            "index pricing_packs_asof_idx on pricing_packs",
            "asof_date DESC",
        ]],
    ),
    one(
        "another method",
        &[
            "DROP INDEX lots_security_idx",
            "CREATE INDEX lots_security_idx ON lots USING hash (security_id)",
        ],
        &[&["index lots_security_idx on lots", "USING hash"]],
    ),
    one(
        "INCLUDE",
        &[
            "DROP INDEX lots_security_idx",
            "CREATE INDEX lots_security_idx ON lots (security_id) INCLUDE (label)",
        ],
        &[&["index lots_security_idx on lots", "INCLUDE (label)"]],
    ),
    one(
        "no longer unique",
        &[
            "DROP INDEX pricing_packs_current_key",
            "CREATE INDEX pricing_packs_current_key ON pricing_packs (asof_date, policy)
                WHERE superseded_by IS NULL",
        ],
        &[&[
            "different index pricing_packs_current_key on pricing_packs",
            "expected UNIQUE",
        ]],
    ),
    one(
        "invalid index",
        &[
            "DROP INDEX transactions_external_key",
            "INSERT INTO securities SELECT gen_random_uuid(), 'S' || n, 'same', 'etf', 'USD',
                NULL, NULL, NULL, NULL, NULL, true, now(), now() FROM generate_series(1, 2) n",
            "fails: CREATE UNIQUE INDEX CONCURRENTLY by_name ON securities (name)",
            "CREATE UNIQUE INDEX transactions_external_key ON transactions
                (user_id, portfolio_id, source, external_id) WHERE external_id IS NOT NULL",
        ],
        &[&["unexpected index by_name on securities", "INVALID"]],
    ),
    one(
        "invalid expected index",
        &[
            "DROP INDEX pricing_packs_current_key",
            "INSERT INTO pricing_packs SELECT n, '2026-01-02', 'p', 0, NULL, NULL, '{}', 'warming',
                false, false, false, false, NULL, NULL, now(), now() FROM generate_series(1, 2) n",
            "fails: CREATE UNIQUE INDEX CONCURRENTLY pricing_packs_current_key
                ON pricing_packs (asof_date, policy) WHERE superseded_by IS NULL",
            "DELETE FROM pricing_packs",
        ],
        &[&[
            "different index pricing_packs_current_key on pricing_packs",
            "INVALID",
        ]],
    ),
];
