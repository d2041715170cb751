use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::support::{Home, Service};

const LAST_PACK: &str = "PP_2025-12-31";

fn portfolios(service: &Service) -> Value {
    let listed = service.get_json("/v1/portfolios");
    let items = listed["items"].as_array().unwrap();
    items
        .iter()
        .map(|one| json!([one["name"], one["base_currency"], one["id"]]))
        .collect()
}

on_both_engines! {
    async fn a_second_start_keeps_what_the_first_one_made(db) {
        let home = Home::of(&db);
        let first = home.serve("demo");
        let made = portfolios(&first);
        let names: Vec<&Value> = made.as_array().unwrap().iter().map(|one| &one[0]).collect();
        assert_eq!(json!(names), json!(["Demo Growth", "Demo Income", "Demo World"]));
        let pack = first.get_json(&format!("/v1/packs/{LAST_PACK}"));
        assert_eq!(pack["status"], "fresh");
        let id = made[0][2].as_str().unwrap();
        let positions =
            first.get(&format!("/v1/portfolios/{id}/positions?pack_id={LAST_PACK}"));
        assert_eq!(first.stop_with("-TERM"), Some(0), "{}", home.service_log());

        let second = home.serve("demo");
        assert_eq!(portfolios(&second), made);
        let again = second.get(&format!("/v1/portfolios/{id}/positions?pack_id={LAST_PACK}"));
        assert_eq!(again, positions);
        assert_eq!(second.stop_with("-INT"), Some(0));

        let verified = home.json(&["pack", "verify", LAST_PACK, "--json"]);
        assert_eq!(verified["matches"], true);
        assert_eq!(home.json(&["pack", "list", "--limit", "10000", "--json"])["items"]
            .as_array().unwrap().len(), 2609);
    }
}

#[test]
fn a_demo_that_was_killed_is_completed_by_the_next_start() {
    let home = Home::new();
    for pause in [300, 900, 1_800] {
        let mut started = home.command(&["demo", "--port", "0", "--json"]);
        let mut child = started
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let service = home.serve("demo");
    assert_eq!(portfolios(&service).as_array().unwrap().len(), 3);
    assert_eq!(
        service.get_json(&format!("/v1/packs/{LAST_PACK}"))["status"],
        "fresh"
    );
    let transactions = service.get_json("/v1/portfolios");
    assert!(
        transactions["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["books_revision"] == 1)
    );
}

#[test]
fn what_it_prints_works_as_printed() {
    let home = Home::new();
    let mut started = home.command(&["demo", "--port", "0"]);
    let mut child = started
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let is_last = line.contains("Ctrl-C");
        lines.push(line.trim().to_owned());
        if is_last {
            break;
        }
    }
    let service = Service::of(child);
    assert!(home.path("data/tallystick.db").is_file());
    let curls: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert_eq!(curls.len(), 3, "{lines:#?}");
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: curl cannot be run");
        return;
    }
    let page = lines.iter().find(|line| line.ends_with("/docs")).unwrap();
    for command in curls
        .iter()
        .map(|line| (*line).clone())
        .chain([format!("curl -L {page}")])
    {
        let quiet = format!("{command} --silent --show-error --fail");
        let output = Command::new("sh").args(["-c", &quiet]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {said}");
        assert!(output.stdout.len() > 100, "{command}");
    }
    assert_eq!(service.stop_with("-INT"), Some(0));
}
