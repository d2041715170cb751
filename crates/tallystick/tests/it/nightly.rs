//! The nightly sequence, as a scheduler runs it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Child, Stdio},
    thread::sleep,
    time::Duration,
};

use serde_json::{Value, json};
use testkit::{TestDatabase, on_both_engines};
use testservers::{Reply, WebServer};

use crate::{
    edge::with_certificate,
    import::IMPORT,
    support::{Home, LEDGER},
};

const PACK: &str = "PP_2024-02-29";
const NIGHTLY: [&str; 4] = ["pack", "nightly", "--asof", "2024-02-29"];
const NIGHTLY_JSON: [&str; 5] = ["pack", "nightly", "--asof", "2024-02-29", "--json"];

const SOURCES: &str = r#"
[sources.files]
kind = "csv"
path = "prices.csv"

[sources.books]
kind = "ledger"
path = "books.beancount"

[policies.WM4PM_CAD]
prices = ["files", "books"]
fx = ["books"]
stale_after_days = 3
"#;

const PRICES: &str = "symbol,date,close,currency\nPRIV,2024-02-28,5.75,USD\n";

/// With books that hold NKE, which the ledger prices, and PRIV, which the file does.
fn home(db: &TestDatabase) -> Home {
    set_up(Home::of(db).with_user())
}

fn set_up(home: Home) -> Home {
    home.write("sources.toml", SOURCES);
    home.write("prices.csv", PRICES);
    set_up_books(home)
}

fn set_up_books(home: Home) -> Home {
    let home = home.with("TALLYSTICK__PRICING__SOURCES_FILE", "sources.toml");
    home.write("books.beancount", LEDGER);
    home.json(&IMPORT);
    home
}

/// Each attempt as `step outcome attempt`.
fn steps(report: &Value) -> Vec<String> {
    let steps = report["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|row| {
            let word = |name: &str| row[name].as_str().unwrap().to_owned();
            format!("{} {} {}", word("step"), word("outcome"), row["attempt"])
        })
        .collect()
}

const ALL_DONE: [&str; 6] = [
    "build done 1",
    "reconcile skipped 1",
    "metrics skipped 1",
    "prewarm done 1",
    "fresh done 1",
    "alerts skipped 1",
];

/// The hash of the pack that nothing disturbs, made in a database of its own.
fn undisturbed_hash() -> String {
    let home = Home::on("sqlite://own.db").with("TALLYSTICK__DATABASE__MIGRATE_ON_START", "true");
    let made = set_up(home.with_user()).json(&NIGHTLY_JSON);
    made["pack"]["hash"].as_str().unwrap().to_owned()
}

fn program(home: &Home, name: &str, script: &str) {
    home.write(name, &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(home.path(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Waits for something that another program does.
fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    panic!("what was waited for did not come");
}

fn start(home: &Home) -> Child {
    let mut command = home.command(&NIGHTLY_JSON);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

on_both_engines! {
    async fn a_pack_is_made_of_what_the_books_need_and_making_it_again_changes_nothing(db) {
        let home = home(&db);
        let told = home.run(&NIGHTLY).succeeded().stdout;
        for line in ["build     done", "reconcile skipped", "pricing.metrics_hook is not set", "is fresh and"] {
            assert!(told.contains(line), "{line:?} is missing in {told}");
        }
        let shown = home.json(&["pack", "show", PACK, "--json"]);
        let rows: Vec<_> = shown["prices"].as_array().unwrap().iter()
            .map(|row| format!("{} {} {}", row["symbol"], row["close"], row["source"]))
            .collect();
        assert_eq!(rows, [r#""NKE" "120.5" "books""#, r#""PRIV" "5.75" "files""#]);
        assert_eq!(steps(&shown), ALL_DONE);
        let carried = &shown["sources"]["carried"];
        assert_eq!(carried, &json!([{"name": "PRIV", "date": "2024-02-28", "source": "files"}]));
        assert_eq!(shown["sources"]["sources"]["books"]["prices"], 1);
        home.run(&["pack", "verify", PACK]).succeeded();

        let again = home.json(&NIGHTLY_JSON);
        assert_eq!(again["outcome"], "unchanged");
        assert_eq!(again["pack"]["hash"], shown["hash"]);
        assert_eq!(steps(&again), ALL_DONE);
        assert!(home.run(&NIGHTLY).succeeded().stdout.contains("nothing was left to do"));
        assert_eq!(shown["hash"], undisturbed_hash());
        let table = home.run(&["pack", "show", PACK]).succeeded().stdout;
        assert!(table.contains("prewarm   done"), "{table}");
    }

    async fn a_build_that_lacks_a_price_fails_and_goes_on_when_it_is_there(db) {
        let home = home(&db);
        home.write("prices.csv", "symbol,date,close,currency\nPRIV,2024-02-28,1e,USD\n");
        home.run(&NIGHTLY).failed_with(&["`build` failed", "missing: PRIV (files: row 2", "goes on with it"]);
        let failed = home.json(&["pack", "show", PACK, "--json"]);
        assert_eq!((&failed["status"], &failed["prices"]), (&json!("warming"), &json!([])));
        assert_eq!(steps(&failed), ["build failed 1"]);
        assert_eq!(failed["steps"][0]["detail"]["report"]["missing"][0]["name"], "PRIV");

        home.write("prices.csv", PRICES);
        let made = home.json(&NIGHTLY_JSON);
        assert_eq!(made["outcome"], "made");
        assert_eq!(steps(&made)[..2], ["build failed 1", "build done 2"]);
        assert_eq!(made["pack"]["hash"], undisturbed_hash());
    }

    async fn a_pack_that_is_given_up_is_restated_by_the_next_run(db) {
        let home = home(&db);
        home.write("prices.csv", "symbol,date,close,currency\n");
        let give_up = [&NIGHTLY_JSON[..], &["--give-up"]].concat();
        let failed = home.run(&give_up).failed_with(&["marked as failed"]);
        let report: Value = serde_json::from_str(&failed.stdout).unwrap();
        assert_eq!((&report["outcome"], &report["pack"]["status"]), (&json!("failed"), &json!("error")));

        home.write("prices.csv", PRICES);
        let made = home.json(&NIGHTLY_JSON);
        assert_eq!(made["pack"]["id"], "PP_2024-02-29_D1");
        assert_eq!(made["pack"]["restates"], PACK);
        assert_eq!(steps(&made), ALL_DONE);
        assert_eq!(made["pack"]["hash"], undisturbed_hash());
        assert_eq!(home.json(&NIGHTLY_JSON)["outcome"], "unchanged");
    }

    async fn a_run_that_is_killed_is_gone_on_with_to_the_same_pack(db) {
        let undisturbed = undisturbed_hash();
        let slow = "touch began; while [ -e hold ]; do sleep 0.02; done";
        for (setting, status, done_before) in [
            ("TALLYSTICK__PRICING__METRICS_HOOK", "warming", "metrics"),
            ("TALLYSTICK__PRICING__ALERTS_HOOK", "fresh", "alerts"),
        ] {
            let other = TestDatabase::sqlite().await;
            // Each needs a database in which the pack is not made yet.
            let home = home(if done_before == "metrics" { &db } else { &other }).with(setting, "./slow");
            program(&home, "slow", slow);
            home.write("hold", "");
            let child = start(&home);
            wait_until(|| home.path("began").exists());
            kill(child);
            let left = home.json(&["pack", "show", PACK, "--json"]);
            assert_eq!(left["status"], status);
            let running = format!("{done_before} running 1");
            assert_eq!(steps(&left).last(), Some(&running));

            fs::remove_file(home.path("hold")).unwrap();
            let made = home.json(&NIGHTLY_JSON);
            let steps = steps(&made);
            assert!(steps.contains(&format!("{done_before} failed 1")), "{steps:?}");
            assert!(steps.contains(&format!("{done_before} done 2")), "{steps:?}");
            assert_eq!(steps.len(), 7, "what was done stays done: {steps:?}");
            assert_eq!(made["pack"]["hash"], undisturbed);
        }
    }

    async fn a_run_that_is_killed_while_it_asks_leaves_an_empty_pack(db) {
        let silent = WebServer::start(|_, before| {
            if before == 0 { Reply::Silence } else { Reply::ok(PRICES) }
        });
        let home = home(&db);
        let service = format!("kind = \"http_csv\"\nurl = \"{}/prices\"", silent.url());
        home.write("sources.toml", &SOURCES.replace("kind = \"csv\"\npath = \"prices.csv\"", &service));
        let child = start(&home);
        wait_until(|| silent.asked().len() == 1);
        kill(child);
        let left = home.json(&["pack", "show", PACK, "--json"]);
        assert_eq!((steps(&left), &left["prices"]), (vec!["build running 1".to_owned()], &json!([])));
        let made = home.json(&NIGHTLY_JSON);
        assert_eq!(steps(&made)[..2], ["build failed 1", "build done 2"]);
        assert!(made["steps"][0]["detail"]["reason"].as_str().unwrap().contains("broken off"));
        assert_eq!(made["pack"]["hash"], undisturbed_hash());
    }

    async fn of_two_at_once_one_makes_the_pack_and_the_other_says_so(db) {
        let home = home(&db).with("TALLYSTICK__PRICING__METRICS_HOOK", "./slow");
        program(&home, "slow", "touch began; while [ -e hold ]; do sleep 0.02; done");
        home.write("hold", "");
        let first = start(&home);
        wait_until(|| home.path("began").exists());
        assert_eq!(home.json(&NIGHTLY_JSON), json!({"outcome": "under_way"}));
        let told = home.run(&NIGHTLY).succeeded().stdout;
        assert!(told.contains("Another program is making the pack"), "{told}");
        fs::remove_file(home.path("hold")).unwrap();
        let output = first.wait_with_output().unwrap();
        let made: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(made["outcome"], "made");
        assert_eq!(steps(&made).len(), 6);
        assert_eq!(home.json(&NIGHTLY_JSON)["outcome"], "unchanged");
    }

    async fn hooks_are_told_the_pack_and_decide_whether_it_goes_on(db) {
        let home = home(&db)
            .with("TALLYSTICK__PRICING__METRICS_HOOK", "./metrics")
            .with("TALLYSTICK__PRICING__ALERTS_HOOK", "./alerts")
            .with("TALLYSTICK__PRICING__HOOK_TIMEOUT_S", "1");
        program(&home, "metrics", "echo \"metrics $*\" >> told; echo noise; exit 3");
        program(&home, "alerts", "echo \"alerts $*\" >> told");
        let failed = home.run(&NIGHTLY_JSON)
            .failed_with(&["pricing.metrics_hook ended with status 3", "noise"]);
        assert_eq!(failed.stdout.lines().count(), 1, "{}", failed.stdout);
        let left = home.json(&["pack", "show", PACK, "--json"]);
        assert_eq!(left["status"], "warming");

        program(&home, "metrics", "sleep 30");
        home.run(&NIGHTLY).failed_with(&["pricing.metrics_hook was stopped after 1 s"]);
        fs::remove_file(home.path("metrics")).unwrap();
        home.run(&NIGHTLY).failed_with(&["pricing.metrics_hook cannot be run"]);
        program(&home, "metrics", "echo \"metrics $*\" >> told");
        let made = home.json(&NIGHTLY_JSON);
        assert_eq!(steps(&made)[2..6], ["metrics failed 1", "metrics failed 2", "metrics failed 3", "metrics done 4"]);
        let told = fs::read_to_string(home.path("told")).unwrap();
        assert_eq!(told, format!("metrics {PACK}\nmetrics {PACK}\nalerts {PACK}\n"));
    }

    async fn a_portfolio_that_differs_from_its_ledger_freezes_the_pack_as_failed(db) {
        let home = home(&db);
        let reconcile = "[[reconcile]]\nuser = \"tester@example.org\"\nportfolio = \"Broker\"\n\
                         ledger = \"now.beancount\"\naccounts = [\"Assets:Broker\"]\n";
        // PRIV has its price in the ledger too, which is what the reconciliation compares.
        let priced = format!("{LEDGER}2024-02-29 price PRIV 5.75 USD\n");
        home.write("sources.toml", &format!("{SOURCES}{reconcile}"));
        home.write("now.beancount", &priced.replace("20 PRIV {5.25 USD}", "21 PRIV {5.25 USD}"));
        home.run(&NIGHTLY).failed_with(&["`reconcile` failed", "`Broker`", "marked as failed"]);
        let failed = home.json(&["pack", "show", PACK, "--json"]);
        assert_eq!(failed["status"], "error");
        assert!(!failed["steps"].to_string().contains("Broker"), "{}", failed["steps"]);

        home.write("now.beancount", &priced);
        let made = home.json(&NIGHTLY_JSON);
        assert_eq!(made["pack"]["id"], "PP_2024-02-29_D1");
        assert_eq!(steps(&made)[1], "reconcile done 1");
        assert_eq!(made["pack"]["reconciliation_passed"], true);
        assert_eq!(made["pack"]["hash"], undisturbed_hash());
    }

    async fn what_is_loaded_into_a_built_pack_does_not_become_fresh(db) {
        let home = home(&db).with("TALLYSTICK__PRICING__METRICS_HOOK", "./metrics");
        program(&home, "metrics", "exit 1");
        home.run(&NIGHTLY).failed_with(&["`metrics` failed"]);
        let tamper = "UPDATE prices SET source = 'elsewhere'";
        db::ConnectionTrait::execute_unprepared(&db.owner().await, tamper).await.unwrap();
        program(&home, "metrics", "exit 0");
        home.run(&NIGHTLY).failed_with(&["`prewarm` failed", "something else than it was built with"]);
        assert_eq!(home.json(&["pack", "show", PACK, "--json"])["status"], "warming");
    }

    async fn the_books_of_all_users_count(db) {
        let home = home(&db);
        let second = ["user", "add", "second@example.org", "--role", "user", "--no-password"];
        home.run(&second).succeeded();
        let books = LEDGER.replace("NKE", "ABC").replace("PRIV", "XYZ").replace(" USD", " CAD");
        home.write("theirs.beancount", &books.replace("option \"operating_currency\" \"USD\"", ""));
        home.json(&[
            "ledger", "import", "theirs.beancount", "--accounts", "Assets:Broker", "--portfolio",
            "Theirs", "--currency", "EUR", "--as", "second@example.org", "--json",
        ]);
        let ran = home.command(&NIGHTLY_JSON).env("TALLYSTICK_USER", "second@example.org").output().unwrap();
        let told = String::from_utf8(ran.stderr).unwrap();
        assert!(told.contains("missing: ABC (") && told.contains("CAD/EUR") && told.contains("XYZ ("), "{told}");
        assert!(!told.contains("NKE") && !told.contains("PRIV"), "{told}");
    }

    async fn a_pack_that_was_made_by_hand_is_left_alone(db) {
        let home = home(&db);
        let build = ["pack", "build", "--asof", "2024-02-29", "--ledger", "books.beancount"];
        home.run(&build).succeeded();
        home.run(&NIGHTLY).failed_in_one_line_with(&["was made by hand", "pack fresh"]);
        home.run(&["pack", "fresh", PACK]).succeeded();
        let report = home.json(&NIGHTLY_JSON);
        assert_eq!((&report["outcome"], &report["steps"]), (&json!("unchanged"), &json!([])));
    }

    async fn the_keys_of_services_are_shown_nowhere(db) {
        const KEY: &str = "s3cret-of-fred";
        let server = WebServer::start(|_, _| Reply::status(400, format!("no such key {KEY}")));
        let home = home(&db).with("FRED_KEY", KEY).with("TALLYSTICK__LOG__LEVEL", "trace");
        let fred = format!(
            "[sources.fred]\nkind = \"fred\"\nurl = \"{}\"\nkey_env = \"FRED_KEY\"\nsymbols = {{ PRIV = \"X\" }}\n",
            server.url()
        );
        home.write("sources.toml", &format!("{fred}{}", SOURCES.replace("\"files\", ", "\"fred\", ")));
        let ran = home.run(&NIGHTLY_JSON).failed_with(&["missing: PRIV (fred: ", "the service answers 400"]);
        assert!(server.asked()[0].target.contains(KEY));
        let shown = home.run(&["pack", "show", PACK, "--json"]).succeeded();
        for text in [&ran.stdout, &ran.stderr, &shown.stdout] {
            assert!(!text.contains(KEY), "{text}");
        }
        let without = home.with("FRED_KEY", "");
        without.run(&NIGHTLY).failed_with(&["set the environment variable FRED_KEY"]);
    }

    async fn steps_are_told_over_rest(db) {
        let home = home(&db);
        home.json(&NIGHTLY_JSON);
        let service = home.serve("serve").signed_in(&home);
        let told = service.get_json(&format!("/v1/packs/{PACK}/steps?limit=4"));
        let as_report = json!({"steps": told["items"]});
        assert_eq!(steps(&as_report), ALL_DONE[..4]);
        let cursor = told["next_cursor"].as_str().unwrap();
        let rest = service.get_json(&format!("/v1/packs/{PACK}/steps?cursor={cursor}"));
        assert_eq!(steps(&json!({"steps": rest["items"]})), ALL_DONE[4..]);
        assert_eq!(rest["next_cursor"], Value::Null);
    }
}

#[test]
fn a_service_is_reached_over_tls_with_the_authorities_of_this_machine() {
    let (home, _) = with_certificate();
    let home = home
        .with("DATABASE_URL", "sqlite://own.db")
        .with("TALLYSTICK__DATABASE__MIGRATE_ON_START", "true");
    let service = home.serve("serve");
    let port = service.url.rsplit(':').next().unwrap();
    let source = format!(
        "[sources.tls]\nkind = \"http_json\"\nurl = \"https://localhost:{port}/livez\"\n\
         limits = {{ attempts = 1 }}\n"
    );
    let sources = SOURCES.replace("\"files\", ", "\"tls\", ");
    home.write("sources.toml", &format!("{source}{sources}"));
    let home = set_up_books(home.with_user());
    home.run(&NIGHTLY).failed_with(&[
        "missing: PRIV (tls: https://localhost",
        "there is no secure connection",
    ]);
    let trusting = home.with("SSL_CERT_FILE", "certificate.pem");
    // It answers, though not with prices.
    trusting
        .run(&NIGHTLY)
        .failed_with(&["missing: PRIV (tls: there is no list of rows"]);
}

#[test]
fn what_is_wrong_with_the_set_up_is_told_before_anything_is_done() {
    let home = Home::on("sqlite://own.db").with("TALLYSTICK__DATABASE__MIGRATE_ON_START", "true");
    home.run(&NIGHTLY)
        .failed_with(&["no sources of prices are set up", "pricing.sources_file"]);
    let home = home.with("TALLYSTICK__PRICING__SOURCES_FILE", "sources.toml");
    home.run(&NIGHTLY).failed_with(&["sources.toml"]);
    home.write(
        "sources.toml",
        "[sources.x]\nkind = \"csv\"\n[policies.P]\nprices = [\"y\"]\n",
    );
    home.run(&NIGHTLY).failed_with(&[
        "[sources.x] needs a `path`",
        "[policies.P] there is no source `y`",
    ]);
    home.write("sources.toml", SOURCES);
    home.run(&[
        "pack",
        "nightly",
        "--asof",
        "2024-02-29",
        "--policy",
        "OTHER",
    ])
    .failed_with(&["there is no policy `OTHER`", "there are WM4PM_CAD"]);
    assert_eq!(home.json(&["pack", "list", "--json"]), json!({"items": []}));
}
