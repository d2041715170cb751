use super::{Rule, Story, breaks, passes, step};

#[test]
fn what_cannot_be_read_is_said() {
    for statement in [
        "ALTER TABLE notes INHERIT others",
        "CREATE RULE r AS ON DELETE TO notes DO INSTEAD NOTHING",
        "CREATE PUBLICATION p FOR ALL TABLES",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "DO $$ BEGIN DELETE FROM notes; END $$",
        "DO $$ BEGIN EXECUTE 'DROP TABLE notes'; END $$",
        "DO $$ BEGIN EXECUTE format('GRANT ALL ON %I TO public', 'notes'); END $$",
        "DO $$ BEGIN EXECUTE 'CREATE ROLE a; DROP TABLE notes'; END $$",
        "DO $$ DECLARE sql text; BEGIN EXECUTE sql; END $$",
        "DO $$ BEGIN PERFORM drop_everything(); END $$",
        "DO $$ BEGIN EXECUTE 'CREATE ROLE helper BYPASSRLS'; END $$",
        "DO 'BEGIN DROP TABLE notes; END'",
        "CREATE TABLE notes (LIKE users INCLUDING ALL)",
        "EXPLAIN ANALYZE DELETE FROM notes",
        "PREPARE p AS DELETE FROM notes",
        "not sql at all",
    ] {
        breaks(statement, &[Rule::Unreadable]);
    }
    step("SELECT 'never closed").breaks(&[Rule::Unreadable]);
    let found = step("not sql at all").findings();
    assert!(
        found[0]
            .to_string()
            .contains("this statement could not be read: "),
        "{}",
        found[0]
    );
}

#[test]
fn blocks_that_touch_no_table_pass() {
    passes(
        "DO $$
        DECLARE
            missing text[] := ARRAY(
                SELECT name FROM unnest(ARRAY['tallystick_app', 'tallystick_admin']) AS name
                WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name));
            wanted text;
        BEGIN
            FOREACH wanted IN ARRAY missing LOOP
                BEGIN
                    EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
                EXCEPTION
                    WHEN duplicate_object OR unique_violation THEN
                        NULL;
                    WHEN insufficient_privilege THEN
                        RAISE EXCEPTION USING
                            ERRCODE = 'insufficient_privilege',
                            MESSAGE = format('%I may not make the roles %s: '
                                'CREATE ROLE them first', current_user, missing);
                END;
            END LOOP;
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO tallystick_app', current_schema());
        END $$",
    );
}

#[test]
fn one_text_may_hold_several_statements() {
    let found = step("SELECT 1; DROP TABLE notes; DROP INDEX notes_text_idx;").rules();
    assert_eq!(
        found,
        [Rule::BreaksOlderPrograms, Rule::IndexBlocksWrites].sorted()
    );
}

trait Sorted {
    fn sorted(self) -> Self;
}

impl<const N: usize> Sorted for [Rule; N] {
    fn sorted(mut self) -> Self {
        self.sort();
        self
    }
}

#[test]
fn names_are_folded_as_the_server_folds_them() {
    step("CREATE INDEX i ON public.NOTES (id)").breaks(&[Rule::IndexBlocksWrites]);
    Story::new()
        .then(
            "m20260102_000001_a",
            &[
                "CREATE TABLE \"Notes\" (id uuid PRIMARY KEY)",
                "CREATE INDEX i ON \"Notes\" (id)",
                "GRANT SELECT ON \"Notes\" TO tallystick_app, tallystick_readonly",
            ],
        )
        .breaks(&[]);
}

#[test]
fn what_touches_no_table_passes() {
    for statement in [
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION f()",
        "DROP TRIGGER t ON notes",
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        "ALTER TYPE mood ADD VALUE 'fair'",
        "CREATE SEQUENCE s",
        "COMMENT ON TABLE notes IS 'what users note'",
        "COMMENT ON POLICY tenant ON notes IS 'own rows'",
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS n WITH NO DATA",
        "REFRESH MATERIALIZED VIEW v",
        "ALTER TABLE notes ALTER COLUMN text SET STATISTICS 100",
        "SELECT pg_advisory_xact_lock(1)",
        "",
        "-- nothing but a comment",
    ] {
        passes(statement);
    }
}
