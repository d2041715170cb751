use serde_json::json;

use crate::support::Home;

const URL: &str = "sqlite://own.db";

#[test]
fn up_status_and_down_walk_through_the_versions() {
    let home = Home::on(URL);
    let states = |expected: &str| {
        let status = home.json(&["migrate", "status", "--json"]);
        let migrations = status["migrations"].as_array().unwrap();
        assert!(
            migrations.iter().all(|one| one["state"] == expected),
            "{status}"
        );
        migrations.len()
    };
    let known = states("pending");
    let applied = home.json(&["migrate", "up", "--json"]);
    assert_eq!(applied["applied"].as_array().unwrap().len(), known);
    states("applied");
    let again = home.run(&["migrate", "up"]).succeeded().stdout;
    assert!(again.contains("up to date"), "{again}");

    let down = home.run(&["migrate", "down"]).succeeded().stdout;
    assert_eq!(down.lines().count(), 2, "{down}");
    let rest = home.json(&["migrate", "down", &(known - 1).to_string(), "--json"]);
    assert_eq!(rest["taken_back"].as_array().unwrap().len(), known - 1);
    states("pending");
    home.run(&["migrate", "down"])
        .failed_in_one_line_with(&["no migration to take back"]);
    assert_eq!(
        home.json(&["migrate", "up", "--json"])["applied"],
        applied["applied"]
    );
    assert_eq!(
        home.json(&["migrate", "up", "--json"]),
        json!({ "applied": [] })
    );
}

#[test]
fn the_status_is_a_table() {
    let shown = Home::on(URL).run(&["migrate", "status"]).succeeded().stdout;
    assert!(
        shown.contains("migration") && shown.contains("pending"),
        "{shown}"
    );
}
