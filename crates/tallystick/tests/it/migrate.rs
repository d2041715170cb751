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

    assert_eq!(
        home.json(&["migrate", "current", "--json"])["current"],
        home.json(&["migrate", "heads", "--json"])["heads"][0]
    );
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

#[test]
fn a_version_is_named_by_a_part_of_its_name() {
    let home = Home::on(URL);
    home.run(&["migrate", "up", "books"]).succeeded();
    let current = home.run(&["migrate", "current"]).succeeded().stdout;
    assert!(current.trim_end().ends_with("_books"), "{current}");
    home.run(&["migrate", "up", "1"]).succeeded();
    home.run(&["migrate", "redo"]).succeeded();
    home.run(&["migrate", "down", "users"]).succeeded();
    home.run(&["migrate", "up", "no_such"])
        .failed_in_one_line_with(&["no_such", "migrate status"]);
    home.run(&["migrate", "up", "m2"])
        .failed_in_one_line_with(&["may be"]);

    let history = home.json(&["migrate", "history", "--json"]);
    let actions: Vec<&str> = history["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        ["up", "up", "up", "down", "up", "down", "down"],
        "{history}"
    );
    let shown = home.json(&["migrate", "show", "users", "--json"]);
    assert_eq!(shown["state"], "applied");
    assert!(
        shown["up"][0]
            .as_str()
            .unwrap()
            .contains("CREATE TABLE users")
    );
    assert_eq!(shown["record"]["checksum"], shown["checksum"]);
}

#[test]
fn a_stamp_runs_nothing_and_is_recorded() {
    let home = Home::on(URL);
    let stamped = home.json(&["migrate", "stamp", "books", "--json"]);
    assert_eq!(stamped["applied"].as_array().unwrap().len(), 2);
    let history = home.run(&["migrate", "history"]).succeeded().stdout;
    assert_eq!(history.matches("stamp").count(), 2, "{history}");
    let again = home.run(&["migrate", "stamp", "books"]).succeeded().stdout;
    assert!(again.contains("Nothing to do"), "{again}");
}

#[test]
fn what_destroys_data_wants_a_word_and_never_happens_in_production() {
    let home = Home::on(URL);
    home.run(&["migrate", "up"]).succeeded();
    for command in ["fresh", "reset"] {
        home.run(&["migrate", command])
            .failed_in_one_line_with(&["--i-know-this-destroys-data"]);
        let production = Home::on(&format!("sqlite://{}", home.path("own.db").display()))
            .with("TALLYSTICK_ENV", "production");
        production
            .run(&["migrate", command, "--i-know-this-destroys-data"])
            .failed_in_one_line_with(&["production"]);
    }
    assert_eq!(home.json(&["migrate", "current", "--json"])["pending"], 0);
    home.run(&["migrate", "fresh", "--i-know-this-destroys-data"])
        .succeeded();
    assert_eq!(home.json(&["migrate", "current", "--json"])["pending"], 0);
    home.run(&["migrate", "reset", "--i-know-this-destroys-data"])
        .succeeded();
    let current = home.json(&["migrate", "current", "--json"]);
    assert!(current["current"].is_null(), "{current}");
}

#[test]
fn scripts_and_new_files_need_no_database() {
    let home = Home::on("postgres://nobody@127.0.0.1:1/none");
    for engine in ["postgres", "sqlite"] {
        let script = home
            .run(&["migrate", "sql", "--engine", engine])
            .succeeded()
            .stdout;
        assert!(script.contains("CREATE TABLE users"), "{script}");
        let back = ["migrate", "sql", "users:base", "--engine", engine];
        let back = home.run(&back).succeeded().stdout;
        assert!(back.contains("DROP TABLE users"), "{back}");
    }
    home.run(&["migrate", "heads"]).succeeded();
    home.run(&["migrate", "new", "lots add label"])
        .failed_in_one_line_with(&["--dir"]);
    let list = include_str!("../../../../migration/src/lib.rs");
    home.write("migration/src/lib.rs", list);
    let made = home.json(&["migrate", "new", "lots", "add", "label", "--json"]);
    let name = made["name"].as_str().unwrap();
    assert!(name.ends_with("_lots_add_label"), "{name}");
    assert!(home.path(made["file"].as_str().unwrap()).is_file());
}

#[test]
fn production_never_migrates_on_the_way() {
    let home = Home::on(URL)
        .with("TALLYSTICK__DATABASE__MIGRATE_ON_START", "true")
        .with("TALLYSTICK_ENV", "production");
    home.run(&["pack", "list"])
        .failed_in_one_line_with(&["not migrated", "tallystick migrate up"]);
    home.run(&["migrate", "up"]).succeeded();
    home.run(&["pack", "list"]).succeeded();
}
