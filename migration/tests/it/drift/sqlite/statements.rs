use super::super::drifted::{Drift, one};

pub const STATEMENTS: &[Drift] = &[
    one(
        "dropped column",
        &["ALTER TABLE securities DROP COLUMN figi"],
        &[&["missing column figi of securities", "ADD COLUMN figi text"]],
    ),
    one(
        "dropped column with an index and a foreign key",
        &[
            "DROP INDEX portfolios_benchmark_idx",
            "ALTER TABLE portfolios DROP COLUMN benchmark_security_id",
        ],
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
            "DROP COLUMN colour",
        ]],
    ),
    one(
        "added column with an index",
        &[
            "ALTER TABLE securities ADD COLUMN colour text",
            "CREATE INDEX by_colour ON securities (colour)",
        ],
        &[&[
            "unexpected column colour of securities",
            "DROP INDEX by_colour",
        ]],
    ),
    one(
        "renamed column",
        &["ALTER TABLE portfolios RENAME COLUMN base_currency TO currency"],
        &[&[
            "column base_currency of portfolios",
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
            "where replay_of is not null",
        ]],
    ),
    one(
        "another order of columns",
        &[
            "DROP INDEX lot_closures_lot_idx",
            "CREATE INDEX lot_closures_lot_idx ON lot_closures (lot_id, user_id)",
        ],
        &[&[
            "index lot_closures_lot_idx on lot_closures",
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
            "asof_date desc",
        ]],
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
        "dropped trigger",
        &["DROP TRIGGER prices_frozen_insert"],
        &[&[
            "missing trigger prices_frozen_insert on prices",
            "CREATE TRIGGER",
        ]],
    ),
    one(
        "changed trigger",
        &[
            "DROP TRIGGER prices_frozen_delete",
            "CREATE TRIGGER prices_frozen_delete BEFORE DELETE ON prices BEGIN SELECT 1; END",
        ],
        &[&["different trigger prices_frozen_delete on prices"]],
    ),
    one(
        "added trigger",
        &["CREATE TRIGGER more AFTER DELETE ON lots BEGIN SELECT 1; END"],
        &[&["unexpected trigger more on lots", "DROP TRIGGER more"]],
    ),
    one(
        "extra table",
        &[
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, text CHECK (text <> ''))",
            "CREATE INDEX notes_text ON notes (text)",
        ],
        &[&["unexpected table notes", "DROP TABLE notes"]],
    ),
    one(
        "dropped table",
        &["DROP TABLE imports"],
        &[&[
            "missing table imports",
            "CREATE TABLE imports (",
            "imports_portfolio_idx",
        ]],
    ),
    one(
        "renamed table",
        &["ALTER TABLE idempotency_keys RENAME TO old_keys"],
        &[&[
            "table idempotency_keys",
            "ALTER TABLE old_keys RENAME TO idempotency_keys",
        ]],
    ),
    one(
        "dropped view",
        &["DROP VIEW active_portfolios"],
        &[&["missing view active_portfolios"]],
    ),
    one(
        "changed view",
        &[
            "DROP VIEW active_portfolios",
            "CREATE VIEW active_portfolios AS SELECT user_id, id FROM portfolios",
        ],
        &[&["different view active_portfolios", "where is_active"]],
    ),
    // No difference: only the writing is another one.
    one(
        "another writing",
        &[
            "DROP INDEX executions_replay_idx",
            "create index \"executions_replay_idx\" on [executions]( USER_ID,replay_of /* ! */ )
                where  Replay_of is NOT null -- partial",
        ],
        &[],
    ),
];
