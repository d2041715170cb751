use super::{Rule, Story, breaks, passes, step, table};

const OWN: &str = "user_id = nullif(current_setting('app.user_id', true), '')::uuid";

/// A tenant's table with all that it needs, but for what is replaced.
fn tenant(replaced: &str, by: &str) -> Story {
    let statements = [
        "CREATE TABLE lots (user_id uuid NOT NULL, id uuid NOT NULL, note_id uuid,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, note_id) REFERENCES notes (user_id, id))"
            .to_owned(),
        "CREATE INDEX lots_note_idx ON lots (user_id, note_id)".to_owned(),
        "GRANT SELECT, INSERT ON lots TO tallystick_app".to_owned(),
        "GRANT SELECT ON lots TO tallystick_readonly".to_owned(),
        "ALTER TABLE lots ENABLE ROW LEVEL SECURITY".to_owned(),
        "ALTER TABLE lots FORCE ROW LEVEL SECURITY".to_owned(),
        format!("CREATE POLICY tenant ON lots USING ({OWN}) WITH CHECK ({OWN})"),
    ];
    let statements = statements.map(|sql| {
        if replaced.is_empty() {
            sql
        } else {
            sql.replace(replaced, by)
        }
    });
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    Story::new().then("m20260102_000001_step", &statements)
}

#[test]
fn a_tenants_key_begins_with_the_user() {
    const KEY: &[Rule] = &[Rule::TenantKey];
    tenant("", "").breaks(&[]);
    tenant("PRIMARY KEY (user_id, id)", "PRIMARY KEY (id, user_id)").breaks(KEY);
    tenant("user_id uuid NOT NULL", "user_id text NOT NULL").breaks(KEY);
    tenant(
        "lots (user_id uuid NOT NULL,",
        "lots (user_id uuid NOT NULL, -- allow(tenant-key): x\n",
    )
    .breaks(&[Rule::Waiver]);
    tenant(
        "PRIMARY KEY (user_id, id)",
        "-- allow(tenant-key): one queue for all\n PRIMARY KEY (id)",
    )
    .breaks(&[]);
}

#[test]
fn references_between_tenants_carry_the_user() {
    tenant(
        "FOREIGN KEY (user_id, note_id) REFERENCES notes (user_id, id)",
        "FOREIGN KEY (note_id, user_id) REFERENCES notes (user_id, id)",
    )
    .breaks(&[Rule::TenantKey]);
    tenant(
        "FOREIGN KEY (user_id, note_id) REFERENCES notes (user_id, id)",
        "FOREIGN KEY (note_id) REFERENCES notes (id)",
    )
    .breaks(&[Rule::TenantKey, Rule::ForeignKeyWithoutIndex]);
    tenant("REFERENCES notes (user_id, id)", "REFERENCES notes").breaks(&[]);
    table("id uuid PRIMARY KEY, a uuid, UNIQUE (a, id), FOREIGN KEY (a, id) REFERENCES notes")
        .breaks(&[Rule::TenantKey]);
}

#[test]
fn every_tenant_has_the_one_policy() {
    const POLICY: &[Rule] = &[Rule::TenantPolicy];
    let policy = format!("USING ({OWN}) WITH CHECK ({OWN})");
    for (replaced, by) in [
        ("ENABLE", "DISABLE"),
        ("FORCE", "NO FORCE"),
        ("tenant ON lots USING", "tenant ON lots FOR SELECT USING"),
        (
            "tenant ON lots USING",
            "tenant ON lots AS RESTRICTIVE USING",
        ),
        (
            "tenant ON lots USING",
            "tenant ON lots TO tallystick_app USING",
        ),
        (policy.as_str(), "USING (true) WITH CHECK (true)"),
        (
            policy.as_str(),
            &format!("USING ({OWN} OR user_id IS NULL) WITH CHECK ({OWN})"),
        ),
        (policy.as_str(), &format!("USING ({OWN}) WITH CHECK (true)")),
        (policy.as_str(), &format!("USING ({OWN})")),
        (
            policy.as_str(),
            "USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid)) \
             WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid))",
        ),
        (
            policy.as_str(),
            "USING (user_id = current_setting('app.user_id')::uuid)",
        ),
        ("app.user_id", "app.other_id"),
    ] {
        tenant(replaced, by).breaks(POLICY);
        tenant(replaced, by)
            .then("m20260103_000001_contract_b", &[])
            .breaks(POLICY);
    }
    tenant("tenant ON lots USING", "tenant ON lots TO PUBLIC USING").breaks(&[]);
    tenant("nullif", "NULLIF").breaks(&[]);
    tenant("FORCE", "NO FORCE")
        .then(
            "m20260103_000001_contract_a",
            &["ALTER TABLE lots FORCE ROW LEVEL SECURITY"],
        )
        .breaks(&[]);
}

#[test]
fn a_second_policy_is_the_administrators() {
    let added = |to: &str| step(&format!("CREATE POLICY more ON notes {to} USING (true)"));
    added("TO tallystick_admin").breaks(&[]);
    added("").breaks(&[Rule::TenantPolicy]);
    added("TO tallystick_app").breaks(&[Rule::TenantPolicy]);
    added("TO tallystick_admin, tallystick_app").breaks(&[Rule::TenantPolicy]);
    step("DROP POLICY tenant ON notes").breaks(&[Rule::TenantPolicy]);
    step("ALTER POLICY tenant ON notes USING (true)").breaks(&[Rule::TenantPolicy]);
    step("ALTER POLICY administrator ON notes TO PUBLIC").breaks(&[Rule::TenantPolicy]);
}

#[test]
fn a_policy_is_waived_where_the_table_is_made() {
    let waived = |comment: &str| tenant("TABLE lots (", &format!("TABLE lots ({comment} "));
    let comment = "/* allow(tenant-policy): this table is read on one machine */";
    let unforced = "ALTER TABLE lots NO FORCE ROW LEVEL SECURITY";
    waived(comment).breaks(&[Rule::Waiver]);
    waived(comment)
        .then("m20260103_000001_contract_a", &[unforced])
        .breaks(&[]);
    waived("")
        .then("m20260103_000001_contract_a", &[unforced])
        .breaks(&[Rule::TenantPolicy]);
}

#[test]
fn rights_are_given_by_name() {
    for statement in [
        "GRANT ALL ON notes TO tallystick_app",
        "GRANT ALL PRIVILEGES ON notes TO somebody",
        "GRANT TRUNCATE ON notes TO tallystick_app",
        "GRANT SELECT, REFERENCES ON notes TO tallystick_app",
        "GRANT TRIGGER ON notes TO tallystick_admin",
        "GRANT SELECT ON notes TO PUBLIC",
        "GRANT INSERT ON notes TO tallystick_readonly",
        "GRANT SELECT ON notes TO tallystick_app WITH GRANT OPTION",
        "GRANT tallystick_admin TO tallystick_app",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC",
        "CREATE ROLE helper BYPASSRLS",
        "ALTER ROLE tallystick_app SUPERUSER",
        "ALTER TABLE notes OWNER TO tallystick_app",
        "GRANT MAINTAIN ON notes TO tallystick_app",
    ] {
        breaks(statement, &[Rule::Grants]);
    }
    passes("GRANT UPDATE (text) ON notes TO tallystick_app");
    passes("CREATE ROLE helper NOLOGIN NOSUPERUSER NOBYPASSRLS");
    passes("ALTER TABLE notes OWNER TO somebody");
    passes("GRANT USAGE ON SCHEMA public TO tallystick_app");
    passes("GRANT EXECUTE ON FUNCTION f(text, bigint) TO tallystick_app");
    passes("GRANT SELECT ON seaql_migrations TO tallystick_app");
}

#[test]
fn every_table_lets_the_service_and_the_readers_in() {
    const GRANTS: &[Rule] = &[Rule::Grants];
    tenant("TO tallystick_readonly", "TO somebody").breaks(GRANTS);
    tenant("TO tallystick_app", "TO somebody").breaks(GRANTS);
    tenant("TO tallystick_readonly", "TO somebody")
        .then(
            "m20260103_000001_a",
            &["GRANT SELECT ON ALL TABLES IN SCHEMA x TO tallystick_readonly"],
        )
        .breaks(&[]);
    step("CREATE TABLE words (id uuid PRIMARY KEY)").breaks(GRANTS);
    step("CREATE TABLE words (id uuid PRIMARY KEY) -- allow(grants): the owner's own").breaks(&[]);
    let found = step("CREATE TABLE words (id uuid PRIMARY KEY)").findings();
    assert_eq!(
        (found[0].migration.as_str(), found[0].statement),
        ("m20260102_000001_step", 1)
    );
}
