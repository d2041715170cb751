//! The binary of the release before this one, beside this one: a release must not stop what runs.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use db::Engine;
use serde_json::Value;
use testkit::{TestDatabase, on_both_engines};

use crate::{
    import::IMPORT,
    support::{Home, LEDGER},
};

/// Where its binary lies; `None`, with a line that says so, where none was built.
fn previous() -> Option<PathBuf> {
    let found = std::env::var_os("TALLYSTICK_PREVIOUS_BINARY").filter(|path| !path.is_empty());
    if found.is_none() {
        println!("skipped: TALLYSTICK_PREVIOUS_BINARY is not set (`cargo xtask previous-release`)");
    }
    found.map(PathBuf::from)
}

/// This version and the one before on one database, at `version` of its schema. The one before knows
/// nothing of the service's own role.
fn side_by_side(db: &TestDatabase, version: &str) -> Option<(Home, Home)> {
    let old = Home::on(&db.owner_url).running(&previous()?);
    let new = Home::of(db);
    new.run(&["migrate", "down", version]).succeeded();
    old.write("books.beancount", LEDGER);
    Some((old, new))
}

const BUILD_PACK: [&str; 8] = [
    "pack",
    "build",
    "--asof",
    "2024-02-29",
    "--ledger",
    "books.beancount",
    "--fresh",
    "--json",
];

/// Without what names the program and the moment.
fn positions(home: &Home) -> Value {
    let mut answer = home.json(&["positions", "Broker", "--json"]);
    answer.as_object_mut().unwrap().remove("provenance");
    answer
}

on_both_engines! {
    async fn the_previous_release_works_on_a_schema_that_was_expanded(db) {
        let Some((old, new)) = side_by_side(&db, "20261121_000006") else { return };
        assert_eq!(old.json(&IMPORT)["transactions"], 4);
        let service = old.serve("serve");
        let portfolios = service.get_json("/v1/portfolios").to_string();
        assert!(portfolios.contains("Broker"), "{portfolios}");
        assert_eq!(service.get_json("/api/health")["status"], "healthy");
        let ready = service.get_json("/api/v1/ready");
        assert_eq!(ready["dependencies"]["migrations"], "current", "{ready}");
        let current = new.json(&["migrate", "current", "--json"])["current"].to_string();
        assert!(current.contains("000006"), "{current}");
    }

    async fn what_the_previous_release_wrote_is_read_as_it_was(db) {
        let Some((old, new)) = side_by_side(&db, "20261121_000005") else { return };
        old.json(&IMPORT);
        old.json(&BUILD_PACK);
        let before = positions(&old);
        assert!(before.to_string().contains("NKE"), "{before}");
        new.run(&["migrate", "up", "--contract"]).succeeded();
        assert_eq!(positions(&new), before);
        new.write("books.beancount", LEDGER);
        assert_eq!(new.json(&IMPORT)["already_present"], 4);
    }

    async fn the_previous_release_refuses_a_schema_that_was_contracted(db) {
        let Some(previous) = previous() else { return };
        let old = Home::on(&db.owner_url).running(&previous);
        let name = "m20261121_000007_contract_row_security";
        old.run(&["serve", "--port", "0"]).failed_in_one_line_with(&[name, "newer"]);
        old.run(&["positions", "Broker"]).failed_in_one_line_with(&[name]);
    }

    async fn the_previous_release_serves_while_the_schema_is_expanded(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let Some((old, new)) = side_by_side(&db, "20261121_000005") else { return };
        let portfolio = old.json(&IMPORT)["portfolio_id"].as_str().unwrap().to_owned();
        old.json(&BUILD_PACK);
        let service = old.serve("serve");
        let is_over = AtomicBool::new(false);
        let ask = || {
            let mut answers = 0;
            while !is_over.load(Ordering::SeqCst) {
                service.get("/v1/portfolios");
                service.get(&format!("/v1/portfolios/{portfolio}/positions"));
                answers += 2;
            }
            answers
        };
        let answers: Vec<u32> = thread::scope(|scope| {
            let asking: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
            thread::sleep(Duration::from_millis(300));
            let migrated = new.run(&["migrate", "up", "20261121_000006"]);
            thread::sleep(Duration::from_millis(300));
            is_over.store(true, Ordering::SeqCst);
            migrated.succeeded();
            asking.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        println!("answered {answers:?} requests");
        assert!(answers.iter().all(|answers| *answers > 10), "{answers:?}");
        assert_eq!(service.get_json("/api/v1/ready")["dependencies"]["migrations"], "current");
    }
}
