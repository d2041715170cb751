//! Each rule: a statement that breaks it, the safe way, and a waiver.

mod blocking;
mod older_programs;
mod reading;
mod real;
mod rows;
mod tables;
mod tenants;

use super::{Finding, Rule, Step, lint};

/// Two tables that follow every rule, as an earlier migration makes them.
const BASE: &[&str] = &[
    "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, nick text)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON users TO tallystick_app, tallystick_admin",
    "GRANT SELECT ON users TO tallystick_readonly",
    "CREATE TABLE notes (user_id uuid NOT NULL REFERENCES users (id), id uuid NOT NULL, text text,
        PRIMARY KEY (user_id, id))",
    "CREATE INDEX notes_text_idx ON notes (text)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO tallystick_app, tallystick_admin",
    "GRANT SELECT ON notes TO tallystick_readonly",
    "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE notes FORCE ROW LEVEL SECURITY",
    "CREATE POLICY tenant ON notes FOR ALL
        USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
        WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid)",
    "CREATE POLICY administrator ON notes FOR ALL TO tallystick_admin
        USING (true) WITH CHECK (true)",
];

/// Migrations after [`BASE`], in a transaction unless their name has `_open_` in it.
struct Story(Vec<(String, Vec<String>)>);

impl Story {
    fn new() -> Self {
        Self(Vec::new()).then("m20260101_000001_base", BASE)
    }

    fn then(mut self, name: &str, statements: &[&str]) -> Self {
        let statements = statements.iter().map(|&text| text.to_owned()).collect();
        self.0.push((name.to_owned(), statements));
        self
    }

    fn findings(&self) -> Vec<Finding> {
        let steps = self.0.iter().map(|(migration, statements)| Step {
            migration,
            statements,
            in_transaction: !migration.contains("_open_"),
        });
        lint(&steps.collect::<Vec<_>>())
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = self.findings().iter().map(|found| found.rule).collect();
        rules.sort();
        rules.dedup();
        rules
    }

    #[track_caller]
    fn breaks(&self, rules: &[Rule]) {
        let mut rules = rules.to_vec();
        rules.sort();
        assert_eq!(self.rules(), rules, "{:#?}", self.findings());
    }
}

/// One statement in a migration of its own, in a transaction.
fn step(statement: &str) -> Story {
    Story::new().then("m20260102_000001_step", &[statement])
}

/// One statement in a migration without a transaction.
fn open(statement: &str) -> Story {
    Story::new().then("m20260102_000001_open_step", &[statement])
}

/// One statement in a migration that is named a contraction.
fn contract(statement: &str) -> Story {
    Story::new().then("m20260102_000001_contract_step", &[statement])
}

#[track_caller]
fn breaks(statement: &str, rules: &[Rule]) {
    step(statement).breaks(rules);
    let waivers: Vec<String> = rules
        .iter()
        .map(|rule| format!("-- allow({rule}): the table is empty\n"))
        .collect();
    step(&format!("{}{statement}", waivers.concat())).breaks(&[]);
}

#[track_caller]
fn passes(statement: &str) {
    step(statement).breaks(&[]);
}

/// A new table with its rights, so that only its columns are judged.
fn table(columns: &str) -> Story {
    Story::new().then(
        "m20260102_000001_step",
        &[
            &format!("CREATE TABLE words ({columns})"),
            "GRANT SELECT ON words TO tallystick_app, tallystick_readonly",
        ],
    )
}

#[test]
fn the_base_follows_every_rule() {
    Story::new().breaks(&[]);
}

#[test]
fn a_finding_is_one_line_that_names_place_rule_thing_and_way_out() {
    let found = step("CREATE INDEX i ON notes (id)").findings();
    assert_eq!(
        found[0].to_string(),
        "m20260102_000001_step, statement 1: index-blocks-writes: building i blocks the writes of \
         notes until it is done; CREATE INDEX CONCURRENTLY, alone in a migration without a \
         transaction"
    );
}

#[test]
fn every_rule_is_in_the_guide_once() {
    let guide = include_str!("../../../../docs/lint.md");
    for rule in Rule::ALL {
        let rows = guide.matches(&format!("| `{rule}` |")).count();
        assert_eq!(rows, 1, "{rule}");
        assert_eq!(Rule::named(rule.name()), Some(*rule));
        assert!(rule.why().ends_with('.'));
    }
    assert_eq!(guide.matches("\n| `").count(), Rule::ALL.len());
}

#[test]
fn a_waiver_needs_a_reason_a_rule_and_a_cause() {
    let index = |comment: &str| step(&format!("CREATE INDEX i ON notes (id) {comment}"));
    index("/* allow(index-blocks-writes): nobody uses it yet */").breaks(&[]);
    index("-- allow(index-blocks-writes)").breaks(&[Rule::IndexBlocksWrites, Rule::Waiver]);
    index("-- allow(index-blocks-writes):  ").breaks(&[Rule::IndexBlocksWrites, Rule::Waiver]);
    index("-- allow(index): small").breaks(&[Rule::IndexBlocksWrites, Rule::Waiver]);
    index("-- allow(waiver): small").breaks(&[Rule::IndexBlocksWrites, Rule::Waiver]);
    step("SELECT 1 -- allow(cascade): small").breaks(&[Rule::Waiver]);
    step("SELECT '-- allow(cascade): no comment'").breaks(&[]);
    step("DO $$ BEGIN -- allow(unreadable): runs once\n DELETE FROM notes; END $$").breaks(&[]);
}

#[test]
fn a_waiver_covers_its_own_statement_alone() {
    Story::new()
        .then(
            "m20260102_000001_step",
            &[
                "CREATE INDEX i ON notes (id) -- allow(index-blocks-writes): empty",
                "CREATE INDEX j ON notes (id)",
            ],
        )
        .breaks(&[Rule::IndexBlocksWrites]);
}
