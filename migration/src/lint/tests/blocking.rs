use super::{Rule, Story, breaks, open, passes, step, table};

#[test]
fn indexes_are_built_beside_the_writes() {
    breaks("CREATE INDEX i ON notes (id)", &[Rule::IndexBlocksWrites]);
    breaks("DROP INDEX notes_text_idx", &[Rule::IndexBlocksWrites]);
    breaks(
        "DROP INDEX IF EXISTS nobody_knows",
        &[Rule::IndexBlocksWrites],
    );
    breaks("REINDEX TABLE notes", &[Rule::IndexBlocksWrites]);
    open("CREATE INDEX CONCURRENTLY i ON notes (id)").breaks(&[]);
    open("DROP INDEX CONCURRENTLY notes_text_idx").breaks(&[]);
    open("REINDEX INDEX CONCURRENTLY notes_text_idx").breaks(&[]);
    table("id uuid PRIMARY KEY")
        .then("m20260103_000001_more", &["CREATE INDEX i ON words (id)"])
        .breaks(&[Rule::IndexBlocksWrites]);
}

#[test]
fn an_index_on_a_table_of_the_same_migration_blocks_nobody() {
    Story::new()
        .then(
            "m20260102_000001_step",
            &[
                "CREATE TABLE words (id uuid PRIMARY KEY)",
                "CREATE INDEX i ON words (id)",
                "DROP INDEX i",
                "GRANT SELECT ON words TO tallystick_app, tallystick_readonly",
            ],
        )
        .breaks(&[]);
}

#[test]
fn concurrently_needs_a_migration_without_a_transaction() {
    breaks(
        "CREATE INDEX CONCURRENTLY i ON notes (id)",
        &[Rule::ConcurrentlyInTransaction],
    );
    breaks(
        "DROP INDEX CONCURRENTLY notes_text_idx",
        &[Rule::ConcurrentlyInTransaction],
    );
    breaks(
        "ALTER TABLE notes DETACH PARTITION x CONCURRENTLY",
        &[Rule::ConcurrentlyInTransaction],
    );
}

#[test]
fn several_statements_in_one_text_are_a_transaction() {
    open("DROP INDEX CONCURRENTLY IF EXISTS i; CREATE INDEX CONCURRENTLY i ON notes (id)")
        .breaks(&[Rule::ConcurrentlyInTransaction]);
}

#[test]
fn what_runs_without_a_transaction_can_run_again() {
    let pair = |first: &str, second: &str| {
        Story::new().then("m20260102_000001_open_step", &[first, second])
    };
    let drop = "DROP INDEX CONCURRENTLY IF EXISTS i";
    pair(drop, "CREATE INDEX CONCURRENTLY i ON notes (id)").breaks(&[]);
    pair(
        drop,
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON notes (id)",
    )
    .breaks(&[]);
    pair(drop, "CREATE INDEX CONCURRENTLY j ON notes (id)").breaks(&[Rule::NotRepeatable]);
    pair(
        drop,
        "CREATE INDEX CONCURRENTLY j ON notes (id) -- allow(not-repeatable): by hand",
    )
    .breaks(&[]);
    pair(drop, "ALTER TABLE notes ADD COLUMN more text").breaks(&[Rule::NotRepeatable]);
    pair(drop, "ALTER TABLE notes ADD COLUMN IF NOT EXISTS more text").breaks(&[]);
    pair(drop, "INSERT INTO users (id) VALUES (gen_random_uuid())").breaks(&[Rule::NotRepeatable]);
    pair(
        "ALTER TABLE notes DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c CHECK (true) NOT VALID
            -- allow(breaks-older-programs): it always holds",
        "ALTER TABLE notes VALIDATE CONSTRAINT c",
    )
    .breaks(&[]);
}

#[test]
fn an_invalid_index_is_not_taken_for_a_finished_one() {
    open("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON notes (id)").breaks(&[Rule::InvalidIndex]);
    open("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON notes (id) -- allow(invalid-index): x")
        .breaks(&[]);
}

#[test]
fn a_partitioned_table_gets_its_index_partition_by_partition() {
    let story = |name: &str, statements: &[&str]| {
        table("id uuid, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at")
            .then(name, statements)
    };
    story(
        "m20260103_000001_open_a",
        &["CREATE INDEX CONCURRENTLY i ON words (at)"],
    )
    .breaks(&[Rule::IndexBlocksWrites]);
    story("m20260103_000001_a", &["CREATE INDEX i ON ONLY words (at)"]).breaks(&[]);
    story("m20260103_000001_a", &["ALTER INDEX i ATTACH PARTITION j"]).breaks(&[]);
}

#[test]
fn constraints_are_added_unchecked_and_checked_later() {
    const BOTH: &[Rule] = &[Rule::ConstraintBlocksWrites, Rule::BreaksOlderPrograms];
    breaks(
        "ALTER TABLE notes ADD CONSTRAINT c CHECK (text <> '')",
        BOTH,
    );
    breaks(
        "ALTER TABLE notes ADD FOREIGN KEY (user_id, id) REFERENCES notes",
        BOTH,
    );
    breaks("ALTER TABLE notes ADD UNIQUE (user_id, text)", BOTH);
    breaks(
        "ALTER TABLE notes ADD CONSTRAINT c EXCLUDE USING gist (text WITH =)",
        BOTH,
    );
    breaks(
        "ALTER TABLE notes ADD COLUMN more text CHECK (more <> '')",
        &[Rule::ConstraintBlocksWrites],
    );
    breaks(
        "ALTER TABLE notes ADD COLUMN more text UNIQUE",
        &[Rule::ConstraintBlocksWrites],
    );
    passes("ALTER TABLE notes ADD COLUMN more bigint");

    let added = "ALTER TABLE notes ADD CONSTRAINT c CHECK (text <> '') NOT VALID";
    let validated = "ALTER TABLE notes VALIDATE CONSTRAINT c";
    let name = "m20260102_000001_contract_c";
    Story::new()
        .then(name, &[added])
        .then("m20260103_000001_d", &[validated])
        .breaks(&[]);
    Story::new()
        .then(name, &[added, validated])
        .breaks(&[Rule::ConstraintBlocksWrites]);
    Story::new()
        .then(name, &[&format!("{added}, VALIDATE CONSTRAINT c")])
        .breaks(&[Rule::ConstraintBlocksWrites]);
}

#[test]
fn a_unique_constraint_takes_over_a_finished_index() {
    Story::new()
        .then(
            "m20260102_000001_contract_open_key",
            &["CREATE UNIQUE INDEX CONCURRENTLY notes_key ON notes (user_id, text)"],
        )
        .then(
            "m20260103_000001_key",
            &["ALTER TABLE notes ADD CONSTRAINT notes_key UNIQUE USING INDEX notes_key"],
        )
        .breaks(&[]);
}

#[test]
fn a_check_proves_not_null_before_it_is_said() {
    let set = "ALTER TABLE notes ALTER COLUMN text SET NOT NULL";
    breaks(set, &[Rule::NotNullScans, Rule::BreaksOlderPrograms]);
    breaks(
        "ALTER TABLE notes ADD COLUMN more text NOT NULL",
        &[Rule::NotNullScans],
    );
    passes("ALTER TABLE notes ADD COLUMN more text NOT NULL DEFAULT ''");

    let check = "ALTER TABLE notes ADD CONSTRAINT c CHECK ((text) IS NOT NULL) NOT VALID";
    let story = |then: &[&str]| {
        let mut story = Story::new().then("m20260102_000001_contract_a", &[check]);
        for (number, statement) in then.iter().enumerate() {
            story = story.then(&format!("m20260103_00000{number}_contract_b"), &[statement]);
        }
        story
    };
    story(&["ALTER TABLE notes VALIDATE CONSTRAINT c", set]).breaks(&[]);
    story(&[set]).breaks(&[Rule::NotNullScans]);
    step("ALTER TABLE notes ALTER COLUMN id SET NOT NULL").breaks(&[]);
}
