use super::{Rule, Story, breaks, passes, step, table};

#[test]
fn types_are_the_products_own() {
    for (kind, rule) in [
        ("int", Rule::TypeInt4),
        ("integer", Rule::TypeInt4),
        ("int4", Rule::TypeInt4),
        ("smallint", Rule::TypeInt4),
        ("int[]", Rule::TypeInt4),
        ("serial", Rule::TypeInt4),
        ("bigserial", Rule::TypeInt4),
        ("smallserial", Rule::TypeInt4),
        ("varchar(20)", Rule::TypeVarchar),
        ("character varying(20)", Rule::TypeVarchar),
        ("char(3)", Rule::TypeVarchar),
        ("timestamp", Rule::TypeTimestamp),
        ("timestamp(3) without time zone", Rule::TypeTimestamp),
        ("time with time zone", Rule::TypeTimestamp),
        ("timetz", Rule::TypeTimestamp),
        ("money", Rule::TypeMoney),
        ("real", Rule::TypeFloat),
        ("double precision", Rule::TypeFloat),
        ("float8", Rule::TypeFloat),
    ] {
        table(&format!("id uuid PRIMARY KEY, a {kind}")).breaks(&[rule]);
        table(&format!(
            "id uuid PRIMARY KEY, a {kind} -- allow({rule}): theirs\n"
        ))
        .breaks(&[]);
    }
    for kind in [
        "bigint",
        "text",
        "timestamptz",
        "timestamp(6) with time zone",
        "time",
        "date",
        "numeric",
        "numeric(10, 4)",
        "uuid",
        "jsonb",
        "boolean",
        "bytea",
        "text[]",
        "citext",
    ] {
        table(&format!("id uuid PRIMARY KEY, a {kind}")).breaks(&[]);
    }
    breaks("ALTER TABLE notes ADD COLUMN a int", &[Rule::TypeInt4]);
    passes("ALTER TABLE notes ADD COLUMN a bigint");
}

#[test]
fn every_table_has_a_primary_key() {
    table("id uuid").breaks(&[Rule::NoPrimaryKey]);
    table("id uuid -- allow(no-primary-key): a log\n").breaks(&[]);
    table("id uuid NOT NULL")
        .then(
            "m20260103_000001_open_a",
            &["CREATE UNIQUE INDEX CONCURRENTLY i ON words (id)
            -- allow(breaks-older-programs): ids are unique"],
        )
        .then(
            "m20260104_000001_b",
            &["ALTER TABLE words ADD CONSTRAINT words_pkey PRIMARY KEY USING INDEX i"],
        )
        .breaks(&[]);
}

#[test]
fn a_key_that_takes_over_an_index_needs_columns_that_are_never_null() {
    table("id uuid -- allow(no-primary-key): not yet\n")
        .then(
            "m20260103_000001_contract_open_a",
            &["CREATE UNIQUE INDEX CONCURRENTLY i ON words (id)"],
        )
        .then(
            "m20260104_000001_b",
            &["ALTER TABLE words ADD CONSTRAINT words_pkey PRIMARY KEY USING INDEX i"],
        )
        .breaks(&[Rule::NotNullScans, Rule::Waiver]);
}

#[test]
fn a_partition_inherits() {
    let year = |more: &str| {
        Story::new().then(
            "m20260102_000001_a",
            &[
                "CREATE TABLE words (at date, PRIMARY KEY (at)) PARTITION BY RANGE (at)",
                "GRANT SELECT ON words TO tallystick_app, tallystick_readonly",
                "CREATE TABLE words_2020 PARTITION OF words
                    FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
                "CREATE TABLE words_2021 (at date)",
                "ALTER TABLE words ATTACH PARTITION words_2021
                    FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
                more,
            ],
        )
    };
    year("SELECT 1").breaks(&[]);
    year("GRANT SELECT ON words_2020 TO tallystick_app").breaks(&[Rule::Grants]);
}

#[test]
fn every_foreign_key_has_an_index() {
    const MISSING: &[Rule] = &[Rule::ForeignKeyWithoutIndex];
    let story = |more: &[&str]| {
        let mut statements = vec![
            "CREATE TABLE words (id uuid PRIMARY KEY, a uuid, b uuid,
                FOREIGN KEY (a, b) REFERENCES pairs (a, b))",
            "GRANT SELECT ON words TO tallystick_app, tallystick_readonly",
        ];
        statements.extend(more);
        Story::new().then("m20260102_000001_a", &statements)
    };
    story(&[]).breaks(MISSING);
    story(&["CREATE INDEX i ON words (a)"]).breaks(MISSING);
    story(&["CREATE INDEX i ON words (a, id, b)"]).breaks(MISSING);
    story(&["CREATE INDEX i ON words USING gin (a, b)"]).breaks(MISSING);
    story(&["CREATE INDEX i ON words (a, lower(b))"]).breaks(MISSING);
    story(&["CREATE INDEX i ON words (a, b) WHERE id IS NOT NULL"]).breaks(MISSING);
    story(&["CREATE INDEX i ON words (a, b) WHERE a IS NULL"]).breaks(MISSING);
    story(&["CREATE INDEX i ON words (b, a, id)"]).breaks(&[]);
    story(&["CREATE INDEX i ON words (a, b) WHERE (b IS NOT NULL)"]).breaks(&[]);
    story(&["CREATE INDEX i ON words (a, b) WHERE a IS NOT NULL AND b IS NOT NULL"]).breaks(&[]);
    story(&["ALTER TABLE words ADD UNIQUE (b, a)"]).breaks(&[]);
    table("id uuid PRIMARY KEY REFERENCES users (id)").breaks(&[]);
    table("id uuid PRIMARY KEY, a uuid REFERENCES users -- allow(foreign-key-without-index): x\n")
        .breaks(&[]);
    let added =
        step("ALTER TABLE notes ADD COLUMN author_id uuid REFERENCES users (id)").findings();
    assert_eq!(added[0].migration, "m20260102_000001_step");
}
