use super::super::drifted::{Drift, one};

pub const TABLES: &[Drift] = &[
    one(
        "extra table with all that hangs on it",
        &[
            "CREATE TABLE notes (id bigint PRIMARY KEY
            GENERATED ALWAYS AS IDENTITY, text text CHECK (text <> ''))",
            "CREATE INDEX ON notes (text)",
            "GRANT SELECT ON notes TO PUBLIC",
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
    // What referred to it is another table's, with a fix of its own.
    one(
        "dropped table that others refer to",
        &["DROP TABLE lots CASCADE"],
        &[
            &["missing table lots", "lots_label_excluded"],
            &["missing foreign key lot_closures_user_id_lot_id_fkey on lot_closures"],
        ],
    ),
    // The one that is referred to comes first.
    one(
        "two dropped tables of which one refers to the other",
        &["DROP TABLE lots, lot_closures"],
        &[&["missing table lots"], &["missing table lot_closures"]],
    ),
    one(
        "unlogged table",
        &["ALTER TABLE idempotency_keys SET UNLOGGED"],
        &[&[
            "different table idempotency_keys",
            "found UNLOGGED",
            "SET LOGGED",
        ]],
    ),
    one(
        "renamed table",
        &["ALTER TABLE users RENAME TO people"],
        &[&[
            "different table users",
            "found people",
            "ALTER TABLE people RENAME TO users",
        ]],
    ),
];
