use super::super::drifted::{Drift, one};

pub const PROGRAMS: &[Drift] = &[
    one(
        "dropped trigger",
        &["DROP TRIGGER prices_frozen ON prices"],
        &[&[
            "missing trigger prices_frozen on prices",
            "CREATE TRIGGER prices_frozen",
        ]],
    ),
    one(
        "disabled trigger",
        &["ALTER TABLE prices DISABLE TRIGGER prices_frozen"],
        &[&[
            "different trigger prices_frozen on prices",
            "DISABLED",
            "ALTER TABLE prices ENABLE TRIGGER prices_frozen",
        ]],
    ),
    one(
        "changed trigger",
        &[
            "DROP TRIGGER prices_frozen ON prices",
            "CREATE TRIGGER prices_frozen BEFORE INSERT ON prices
                FOR EACH ROW EXECUTE FUNCTION refuse_frozen_content()",
        ],
        &[&[
            "different trigger prices_frozen on prices",
            "BEFORE INSERT ON prices",
        ]],
    ),
    one(
        "added trigger",
        &["CREATE TRIGGER more BEFORE UPDATE ON lots
            FOR EACH ROW EXECUTE FUNCTION refuse_truncation()"],
        &[&[
            "unexpected trigger more on lots",
            "DROP TRIGGER more ON lots",
        ]],
    ),
    one(
        "changed function",
        &[
            "CREATE OR REPLACE FUNCTION refuse_frozen_content() RETURNS trigger
            LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        ],
        &[&[
            "different function refuse_frozen_content()",
            "CREATE OR REPLACE FUNCTION",
        ]],
    ),
    one(
        "a function's owner's rights",
        &["ALTER FUNCTION refuse_frozen_content() SECURITY DEFINER"],
        &[&[
            "different function refuse_frozen_content()",
            "SECURITY DEFINER",
        ]],
    ),
    one(
        "a function's settings",
        &["ALTER FUNCTION refuse_frozen_content() SET work_mem = '8MB'"],
        &[&["different function refuse_frozen_content()", "work_mem"]],
    ),
    one(
        "a function's volatility",
        &["ALTER FUNCTION refuse_frozen_content() STABLE"],
        &[&["different function refuse_frozen_content()", "STABLE"]],
    ),
    one(
        "added function",
        &["CREATE FUNCTION more(a int) RETURNS int LANGUAGE sql AS 'SELECT a'"],
        &[&[
            "unexpected function more(a integer)",
            "DROP FUNCTION more(a integer)",
        ]],
    ),
    // The triggers that call it went with it, and each is to be made again.
    one(
        "dropped function",
        &["DROP FUNCTION refuse_truncation() CASCADE"],
        &[
            &["missing function refuse_truncation()"],
            &["missing trigger fx_rates_truncate"],
            &["missing trigger prices_truncate"],
        ],
    ),
    one(
        "changed view",
        &["CREATE OR REPLACE VIEW active_portfolios
            WITH (security_invoker = true) AS SELECT user_id, id FROM portfolios"],
        &[&["different view active_portfolios", "WHERE"]],
    ),
    one(
        "a view with its owner's rights",
        &["ALTER VIEW active_portfolios SET (security_invoker = false)"],
        &[&["different view active_portfolios", "security_invoker"]],
    ),
    one(
        "dropped view",
        &["DROP VIEW active_portfolios"],
        &[&["missing view active_portfolios"]],
    ),
    one(
        "changed sequence",
        &["ALTER SEQUENCE ticket_numbers INCREMENT BY 5"],
        &[&["different sequence ticket_numbers", "INCREMENT BY 5"]],
    ),
    one(
        "one word more",
        &["ALTER TYPE mood ADD VALUE 'glad'"],
        &[&["different enum type mood", "'glad'"]],
    ),
    one(
        "one word less",
        &["DROP TYPE mood", "CREATE TYPE mood AS ENUM ('tense')"],
        &[&[
            "different enum type mood",
            "ADD VALUE 'calm' BEFORE 'tense'",
        ]],
    ),
];
