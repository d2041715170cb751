use super::{Rule, Story, breaks, contract, passes, step, table};

#[test]
fn a_default_is_the_same_for_all_rows() {
    for default in [
        "random()",
        "gen_random_uuid()",
        "clock_timestamp()",
        "nextval('s')",
        "my_function(1)",
        "lower(my_function())",
        "(1 + random())",
    ] {
        breaks(
            &format!("ALTER TABLE notes ADD COLUMN more text DEFAULT {default}"),
            &[Rule::VolatileDefault],
        );
    }
    for default in [
        "now()",
        "current_timestamp",
        "CURRENT_DATE",
        "'x'::text",
        "0",
        "-1",
        "true",
        "'{}'::jsonb",
        "ARRAY['a']::text[]",
        "now() + interval '1 day'",
    ] {
        passes(&format!(
            "ALTER TABLE notes ADD COLUMN more text DEFAULT {default}"
        ));
    }
    breaks(
        "ALTER TABLE notes ADD COLUMN more bigint GENERATED ALWAYS AS IDENTITY",
        &[Rule::VolatileDefault],
    );
    table("id uuid PRIMARY KEY DEFAULT gen_random_uuid()").breaks(&[]);
}

#[test]
fn a_table_in_use_is_not_rewritten() {
    breaks(
        "ALTER TABLE notes ADD COLUMN more text GENERATED ALWAYS AS (lower(text)) STORED",
        &[Rule::RewritesTable],
    );
    breaks(
        "ALTER TABLE notes SET TABLESPACE fast",
        &[Rule::RewritesTable],
    );
    breaks("ALTER TABLE notes SET LOGGED", &[Rule::RewritesTable]);
    breaks("VACUUM FULL notes", &[Rule::RewritesTable]);
    breaks("VACUUM (FULL, ANALYZE) notes", &[Rule::RewritesTable]);
    breaks("CLUSTER notes USING notes_pkey", &[Rule::RewritesTable]);
    passes("ANALYZE notes");
    passes("ALTER TABLE notes SET (fillfactor = 70)");
}

#[test]
fn rows_are_written_in_batches() {
    breaks("UPDATE notes SET text = ''", &[Rule::UnboundedWrite]);
    breaks("DELETE FROM notes WHERE true", &[Rule::UnboundedWrite]);
    breaks("DELETE FROM notes", &[Rule::UnboundedWrite]);
    breaks("DELETE FROM ONLY notes", &[Rule::UnboundedWrite]);
    breaks(
        "WITH gone AS (DELETE FROM notes RETURNING id) SELECT count(*) FROM gone",
        &[Rule::UnboundedWrite],
    );
    passes("UPDATE notes SET text = '' WHERE text IS NULL");
    passes("INSERT INTO users (id, email) SELECT user_id, '' FROM notes");
}

#[test]
fn what_has_no_place_in_a_migration() {
    breaks("LOCK TABLE notes IN SHARE MODE", &[Rule::ExplicitLock]);
    breaks("TRUNCATE notes", &[Rule::Truncates]);
    breaks("COMMIT", &[Rule::TransactionControl]);
    breaks("SAVEPOINT a", &[Rule::TransactionControl]);
    breaks("SET statement_timeout = 0", &[Rule::SessionSetting]);
    passes("SET LOCAL statement_timeout = 0");
    passes("CREATE TEMPORARY TABLE t AS SELECT * FROM notes");
    contract("DROP TABLE notes CASCADE").breaks(&[Rule::Cascade]);
    contract("DROP TABLE notes CASCADE -- allow(cascade): nothing hangs on it").breaks(&[]);
    breaks(
        "ALTER TABLE notes DROP CONSTRAINT a CASCADE",
        &[Rule::Cascade],
    );
    let words = [
        "CREATE TABLE words AS SELECT 1 AS id",
        "SELECT 1 AS id INTO words",
    ];
    for statement in words {
        let found = step(statement).rules();
        assert!(found.contains(&Rule::CreateAs), "{found:?}");
    }
    Story::new()
        .then(
            "m20260102_000001_a",
            &[
                "CREATE TABLE words AS SELECT 1 AS id -- allow(create-as): one row",
                "ALTER TABLE words ADD PRIMARY KEY (id)",
                "GRANT SELECT ON words TO tallystick_app, tallystick_readonly",
            ],
        )
        .breaks(&[]);
}

#[test]
fn if_not_exists_is_for_migrations_without_a_transaction() {
    breaks(
        "ALTER TABLE notes ADD COLUMN IF NOT EXISTS more text",
        &[Rule::HidesDrift],
    );
    breaks(
        "CREATE TABLE IF NOT EXISTS notes (id uuid)",
        &[Rule::HidesDrift],
    );
    passes("CREATE SCHEMA IF NOT EXISTS other");
    passes("CREATE EXTENSION IF NOT EXISTS citext");
    super::open("ALTER TABLE notes ADD COLUMN IF NOT EXISTS more text").breaks(&[]);
}
