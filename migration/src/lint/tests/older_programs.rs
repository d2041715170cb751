use super::{Rule, Story, breaks, contract, passes, step};

const BREAKS: &[Rule] = &[Rule::BreaksOlderPrograms];

#[test]
fn what_older_programs_ask_for_stays() {
    for statement in [
        "ALTER TABLE notes DROP COLUMN text",
        "ALTER TABLE notes RENAME COLUMN text TO body",
        "ALTER TABLE users RENAME TO people",
        "DROP VIEW latest",
        "DROP FUNCTION refuse()",
        "ALTER VIEW latest RENAME TO newest",
        "REVOKE SELECT ON notes FROM tallystick_admin",
        "ALTER TABLE notes ALTER COLUMN id DROP DEFAULT",
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE users FORCE ROW LEVEL SECURITY",
    ] {
        breaks(statement, BREAKS);
        contract(statement).breaks(&[]);
    }
    passes("ALTER TABLE notes DROP CONSTRAINT whatever");
    passes("ALTER TABLE notes RENAME CONSTRAINT a TO b");
    passes("ALTER TABLE notes ALTER COLUMN text SET DEFAULT ''");
    passes("ALTER TABLE notes ALTER COLUMN text DROP NOT NULL");
}

#[test]
fn a_table_goes_in_a_contracting_migration() {
    breaks("DROP TABLE notes", BREAKS);
    contract("DROP TABLE notes").breaks(&[]);
}

#[test]
fn a_type_never_changes_in_place() {
    breaks(
        "ALTER TABLE notes ALTER COLUMN text TYPE bytea USING NULL",
        BREAKS,
    );
    contract("ALTER TABLE notes ALTER COLUMN text TYPE bytea USING NULL").breaks(BREAKS);
}

#[test]
fn expansion_and_contraction_are_two_releases() {
    let add = "ALTER TABLE notes ADD COLUMN body text";
    let drop = "ALTER TABLE notes DROP COLUMN text";
    for both in [[add, drop], [drop, add]] {
        Story::new()
            .then("m20260102_000001_contract_a", &both)
            .breaks(BREAKS);
    }
    Story::new()
        .then("m20260102_000001_a", &[add])
        .then("m20260103_000001_contract_b", &[drop])
        .breaks(&[]);
}

#[test]
fn only_the_whole_name_makes_a_migration_contracting() {
    for name in [
        "m20260102_000001_contraction",
        "m20260102_contract_a",
        "m20260102_1_contract_a",
    ] {
        Story::new()
            .then(name, &["ALTER TABLE notes DROP COLUMN text"])
            .breaks(BREAKS);
    }
}

#[test]
fn new_limits_on_old_columns_wait_for_the_contraction() {
    let check = "ALTER TABLE notes ADD CONSTRAINT c CHECK (text <> '') NOT VALID";
    breaks(check, BREAKS);
    contract(check).breaks(&[]);
    let unique = "CREATE UNIQUE INDEX CONCURRENTLY i ON notes (user_id, text)";
    Story::new()
        .then("m20260102_000001_open_a", &[unique])
        .breaks(BREAKS);
    Story::new()
        .then(
            "m20260102_000001_a",
            &[
                "ALTER TABLE notes ADD COLUMN more text",
                "ALTER TABLE notes ADD CONSTRAINT c CHECK (more <> '') NOT VALID",
                "ALTER TABLE notes ADD CONSTRAINT d FOREIGN KEY (more) REFERENCES users NOT VALID
                    -- allow(foreign-key-without-index): none",
            ],
        )
        .rules()
        .iter()
        .for_each(|rule| assert_ne!(*rule, Rule::BreaksOlderPrograms));
}

#[test]
fn what_the_same_migration_made_is_free() {
    Story::new()
        .then(
            "m20260102_000001_a",
            &[
                "CREATE TABLE words (id uuid PRIMARY KEY, a text)",
                "ALTER TABLE words RENAME COLUMN a TO b",
                "ALTER TABLE words ALTER COLUMN b TYPE bytea USING NULL",
                "ALTER TABLE words ALTER COLUMN b SET NOT NULL",
                "ALTER TABLE words ADD CHECK (b <> '')",
                "ALTER TABLE words RENAME TO others",
                "DROP TABLE others",
                "CREATE VIEW v AS SELECT * FROM notes",
                "DROP VIEW v",
                "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
                "SELECT f()",
                "DROP FUNCTION f()",
                "CREATE MATERIALIZED VIEW m AS SELECT id FROM notes",
                "CREATE INDEX i ON m (id)",
            ],
        )
        .breaks(&[]);
    step("CREATE VIEW v AS SELECT * FROM notes")
        .then("m20260103_000001_b", &["DROP VIEW v"])
        .breaks(BREAKS);
}
