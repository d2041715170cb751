//! Producers and their signals, from the command line to the database.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
};

use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::support::Home;

fn home(database_url: &str) -> Home {
    Home::on(database_url).with("TALLYSTICK__SIGNALS__PRODUCERS_FILE", "producers.toml")
}

fn add(home: &Home, name: &str) -> String {
    let added = home.json(&[
        "producer",
        "add",
        name,
        "--user",
        "tester@example.org",
        "--json",
    ]);
    assert_eq!(added["name"], name);
    added["secret"].as_str().unwrap().to_owned()
}

/// The shell's examples in docs/signals.md that send a signal.
fn examples() -> Vec<String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signals.md");
    let document = fs::read_to_string(file).unwrap();
    let blocks = document.split("```sh\n").skip(1);
    let scripts = blocks.filter_map(|block| block.split("```").next());
    scripts
        .filter(|script| script.contains("curl"))
        .map(str::to_owned)
        .collect()
}

fn can_run(program: &str) -> bool {
    let mut version = Command::new(program);
    let version = version.arg(if program == "openssl" {
        "version"
    } else {
        "--version"
    });
    let ran = version.stdout(Stdio::null()).status();
    let can = ran.is_ok_and(|status| status.success());
    if !can {
        println!("skipped: there is no {program} here");
    }
    can
}

/// What a script prints that sends a signal.
fn sent(script: &str, url: &str, secret: &str) -> Value {
    let output = Command::new("sh")
        .args(["-euc", script])
        .envs([("TALLYSTICK_URL", url), ("SECRET", secret)])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

on_both_engines! {
    async fn the_examples_of_the_guide_send_signals(db) {
        if !can_run("openssl") || !can_run("curl") {
            return;
        }
        let home = home(&db.url).with_user();
        let first = add(&home, "momentum");
        let rotated = home.json(&["producer", "rotate", "momentum", "--json"]);
        let second = rotated["secret"].as_str().unwrap().to_owned();
        let service = home.serve("serve");
        let examples = examples();
        assert_eq!(examples.len(), 2);
        let mut threads = Vec::new();
        for (script, secret) in examples.iter().flat_map(|script| [(script, &first), (script, &second)]) {
            let kept = sent(script, &service.url, secret);
            assert!(kept["signal"].is_string() && kept["artifact_id"].is_string(), "{kept}");
            threads.push(kept["thread_id"].clone());
        }
        assert!(threads.iter().all(|thread| *thread == threads[0]), "{threads:?}");
        let stranger = format!("whsec_{}", "A".repeat(32));
        let refused = sent(&examples[0], &service.url, &stranger);
        assert_eq!(refused["code"], "signature_invalid", "{refused}");

        drop(service);
        let log = home.service_log();
        for secret in [&first, &second] {
            assert!(!log.contains(&secret[6..]), "{log}");
        }
    }

    async fn old_signals_are_forgotten_when_that_is_due(db) {
        let home = home(&db.url);
        let clock = chrono::Utc::now();
        for (id, hours) in [("old", 2), ("older", 200), ("young", 0)] {
            let at = clock - chrono::TimeDelta::hours(hours);
            let work = async |tx: db::Tx| identity::webhook::remember(&tx, "momentum", id, at).await;
            assert!(db.database.write(work).await.unwrap());
        }
        let done = home.json(&["maintain", "--json"]);
        assert_eq!(done["webhooks_forgotten"], 2);
        let done = home.json(&["maintain", "--json"]);
        assert_eq!(done["webhooks_forgotten"], 0);
    }
}

#[test]
fn producers_are_added_listed_rotated_and_removed() {
    let home = home("sqlite://none.db");
    let secrets = [add(&home, "momentum"), add(&home, "other")];
    assert_ne!(secrets[0], secrets[1]);
    let ran = home.run(&["producer", "rotate", "momentum"]).succeeded();
    let printed = ran
        .stdout
        .split_whitespace()
        .find(|word| word.starts_with("whsec_"));
    let file = fs::read_to_string(home.path("producers.toml")).unwrap();
    assert!(
        file.contains(printed.unwrap()) && file.contains(&secrets[0]),
        "{file}"
    );

    let listed = home.json(&["producer", "list", "--json"]);
    let expected = json!([
        {"name": "momentum", "user": "tester@example.org", "secrets": 2},
        {"name": "other", "user": "tester@example.org", "secrets": 1},
    ]);
    assert_eq!(listed, expected);
    let shown = home.run(&["producer", "list"]).succeeded().stdout;
    assert!(
        shown.contains("momentum") && !shown.contains("whsec_"),
        "{shown}"
    );

    home.run(&["producer", "remove", "momentum"]).succeeded();
    assert_eq!(
        home.json(&["producer", "list", "--json"])[0]["name"],
        "other"
    );
    assert!(!home.path("none.db").exists(), "it takes no database");
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone_and_a_link_goes_on_leading_to_it() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let home = home("sqlite://none.db");
    home.write("elsewhere/real.toml", "");
    symlink(
        home.path("elsewhere/real.toml"),
        home.path("producers.toml"),
    )
    .unwrap();
    add(&home, "momentum");
    assert!(home.path("producers.toml").is_symlink());
    let mode = fs::metadata(home.path("elsewhere/real.toml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let files = fs::read_dir(home.path("elsewhere")).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside it");
}

/// Whoever reads while others write finds a whole file.
#[test]
fn a_file_that_is_being_written_is_never_half_there() {
    let home = home("sqlite://none.db");
    add(&home, "momentum");
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..10 {
                home.run(&["producer", "rotate", "momentum"]).succeeded();
            }
        });
        while !writer.is_finished() {
            let listed = home.json(&["producer", "list", "--json"]);
            assert_eq!(listed[0]["name"], "momentum", "{listed}");
        }
    });
}

#[test]
fn what_cannot_be_done_is_told_with_the_file_and_without_a_secret() {
    let home = home("sqlite://none.db");
    let secret = add(&home, "momentum");
    let user = ["--user", "a@b"];
    home.run(&[&["producer", "add", "momentum"][..], &user].concat())
        .failed_in_one_line_with(&["momentum", "producers.toml", "rotate"]);
    home.run(&[&["producer", "add", "Not A Name"][..], &user].concat())
        .failed_in_one_line_with(&["Not A Name", "lower-case"]);
    home.run(&["producer", "rotate", "nobody"])
        .failed_in_one_line_with(&["nobody", "list"]);

    let broken = format!("[producers.momentum]\nsecrets = [\"{secret}\"]\nusre = 1");
    home.write("producers.toml", &broken);
    for command in [
        &["serve", "--port", "0"][..],
        &["producer", "list"],
        &["producer", "rotate", "momentum"],
    ] {
        let ran = home
            .run(command)
            .failed_with(&["producers.toml", "[producers.momentum]"]);
        assert!(!ran.stderr.contains(&secret[6..]), "{}", ran.stderr);
    }
    assert_eq!(
        fs::read_to_string(home.path("producers.toml")).unwrap(),
        broken,
        "left as it was"
    );

    Home::new()
        .run(&["producer", "list"])
        .failed_in_one_line_with(&["TALLYSTICK__SIGNALS__PRODUCERS_FILE"]);
    let absent = Home::new().with(
        "TALLYSTICK__SIGNALS__PRODUCERS_FILE",
        "absent/producers.toml",
    );
    absent
        .run(&["serve", "--port", "0"])
        .failed_in_one_line_with(&["absent", "producer add"]);
    let add = ["producer", "add", "momentum", "--user", "a@b"];
    absent
        .run(&add)
        .failed_in_one_line_with(&["absent/producers.toml", "as it was"]);
}
