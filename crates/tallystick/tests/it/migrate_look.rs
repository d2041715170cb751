//! The commands that look and change nothing: check, plan, lint, diagram.

use db::{ConnectionTrait, Engine};
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::support::Home;

fn plan_of<'a>(plan: &'a Value, title: &str) -> &'a Value {
    let mut steps = plan["plan"].as_array().unwrap().iter();
    let is_it = |step: &&Value| step["name"].as_str().unwrap().ends_with(title);
    steps.find(is_it).unwrap()
}

on_both_engines! {
    async fn check_names_what_differs_and_how_to_mend_it(db) {
        let home = Home::of(&db);
        let clean = home.run(&["migrate", "check"]).succeeded().stdout;
        assert!(clean.contains("is what the migrations"), "{clean}");
        let clean = home.json(&["migrate", "check", "--json"]);
        assert_eq!(clean["is_clean"], true, "{clean}");

        let owner = db.owner().await;
        owner.execute_unprepared("DROP INDEX lots_security_idx").await.unwrap();
        let drifted = home.run(&["migrate", "check"]).failed_with(&["1"]);
        assert_eq!(drifted.stdout.trim_end().lines().count(), 1, "{}", drifted.stdout);
        assert!(drifted.stdout.starts_with("missing index lots_security_idx on lots"), "{}", drifted.stdout);
        let drifted = home.run(&["migrate", "check", "--json"]);
        assert_eq!(drifted.status, Some(1));
        let drifted: Value = serde_json::from_str(&drifted.stdout).unwrap();
        assert_eq!(drifted["is_clean"], false);
        assert_eq!(drifted["versions"], json!([]));
        let difference = &drifted["differences"][0];
        assert_eq!(difference["what"], "missing");

        owner.execute_unprepared(difference["fix_sql"].as_str().unwrap()).await.unwrap();
        home.run(&["migrate", "check"]).succeeded();
    }

    async fn plan_says_what_up_would_do_and_whom_it_keeps_waiting(db) {
        let home = Home::of(&db);
        home.run(&["migrate", "down", "20261121_000005"]).succeeded();
        let plan = home.json(&["migrate", "plan", "--json"]);
        assert_eq!(plan["engine"], db.database.engine().to_string());
        let names: Vec<&str> =
            plan["plan"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
        assert!(names[0].ends_with("_000006_roles"), "{names:?}");
        assert!(names.is_sorted() && names.len() >= 3, "{names:?}");
        assert_eq!(plan_of(&plan, "_roles")["needs_contract"], false);
        let secures = plan_of(&plan, "_contract_row_security");
        assert_eq!(secures["needs_contract"], true);
        let locks = secures["locks"].as_array().unwrap();
        let text = home.run(&["migrate", "plan"]).succeeded().stdout;
        for name in names {
            assert!(text.lines().any(|line| line == name), "{text}");
        }
        assert!(text.contains("wants --contract"), "{text}");
        if db.database.engine() == Engine::Postgres {
            let lots = locks.iter().find(|lock| lock["table"] == "lots").unwrap();
            assert_eq!(lots["mode"], "ACCESS EXCLUSIVE", "{lots}");
            assert!(text.contains("lock: "), "{text}");
        } else {
            assert!(text.contains("other writers wait"), "{text}");
        }
        let short = home.json(&["migrate", "plan", "1", "--json"]);
        assert_eq!(short["plan"].as_array().unwrap().len(), 1);
        home.run(&["migrate", "up", "--contract"]).succeeded();
        let done = home.run(&["migrate", "plan"]).succeeded().stdout;
        assert!(done.contains("Nothing to do"), "{done}");
    }
}

#[test]
fn the_migrations_pass_lint() {
    let home = Home::on("postgres://nobody@127.0.0.1:1/none");
    let said = home.run(&["migrate", "lint"]).succeeded().stdout;
    assert!(said.contains("docs/lint.md"), "{said}");
    let clean = json!({ "is_clean": true, "findings": [] });
    assert_eq!(home.json(&["migrate", "lint", "--json"]), clean);
}

#[test]
fn the_diagram_has_every_entity_and_is_the_documented_one() {
    let home = Home::on("postgres://nobody@127.0.0.1:1/none");
    let diagram = home.run(&["migrate", "diagram"]).succeeded().stdout;
    assert!(diagram.starts_with("erDiagram\n"), "{diagram}");
    for table in entity::shape::tables() {
        let begin = format!("    {} {{", table.name);
        assert!(diagram.lines().any(|line| line == begin), "{begin}");
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, documented) = text.split_once("```mermaid\n").unwrap();
    let (documented, _) = documented.split_once("```").unwrap();
    assert_eq!(
        documented, diagram,
        "docs/schema.md is not what `tallystick migrate diagram` prints: put that into it"
    );
}
