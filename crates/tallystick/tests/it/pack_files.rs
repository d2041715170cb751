//! Packs as files: written from a database, checked where there is none.

use std::{
    fs,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::support::{Home, LEDGER, text};

const PACK: &str = "PP_2024-02-29";
const EXPORT: [&str; 5] = ["pack", "export", PACK, "--output", "pack.ndjson"];

/// A folder with no database, in which a command that opens one would leave a file.
fn elsewhere(file: &[u8]) -> Home {
    let home = Home::new();
    home.write("pack.ndjson", "");
    fs::write(home.path("pack.ndjson"), file).unwrap();
    home
}

on_both_engines! {
    async fn an_exported_pack_is_verified_where_there_is_no_database(db) {
        let home = Home::of(&db);
        home.write("books.beancount", LEDGER);
        let build = ["pack", "build", "--asof", "2024-02-29", "--ledger", "books.beancount", "--json"];
        home.json(&build);
        home.run(&EXPORT).failed_in_one_line_with(&["still warming"]);
        let fresh = home.json(&["pack", "fresh", PACK, "--json"]);
        let hash = fresh["hash"].as_str().unwrap();
        home.run(&EXPORT).succeeded();
        let file = fs::read(home.path("pack.ndjson")).unwrap();
        let printed = home.run(&["pack", "export", PACK]).succeeded().stdout;
        assert_eq!(printed.as_bytes(), file);

        let away = elsewhere(&file).with("DATABASE_URL", "postgres://127.0.0.1:1/none");
        let verify = ["pack", "verify", "--file", "pack.ndjson"];
        let said = away.run(&verify).succeeded().stdout;
        assert!(said.contains(hash) && said.contains("--hash"), "{said}");
        let found = away.json(&[&verify[..], &["--hash", hash, "--json"]].concat());
        assert_eq!(found, json!({
            "file": "pack.ndjson", "asof_date": "2024-02-29", "policy": "WM4PM_CAD", "rows": 1,
            "computed_hash": hash, "expected_hash": hash, "matches": true,
        }));
        let python = Command::new("python3")
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/check_pack.py"), hash])
            .stdin(Stdio::from(fs::File::open(away.path("pack.ndjson")).unwrap()))
            .output();
        match python {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            Err(_) => println!("skipped: the independent check, since python3 is not here"),
        }

        let forged = String::from_utf8(file).unwrap().replace("120.5", "120.6");
        let away = elsewhere(forged.as_bytes());
        away.run(&[&verify[..], &["--hash", hash]].concat())
            .failed_in_one_line_with(&["pack.ndjson", hash]);
        let ran = away.run(&[&verify[..], &["--hash", hash, "--json"]].concat());
        assert_eq!(ran.status, Some(1));
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&said["matches"], &said["expected_hash"]), (&json!(false), &json!(hash)));
        assert!(!away.path("data").exists(), "a database was opened");
    }
}

#[test]
fn what_is_no_export_is_refused_with_its_line() {
    let home = elsewhere(b"{\"kind\":\"price\"}\n");
    home.run(&["pack", "verify", "--file", "pack.ndjson"])
        .failed_in_one_line_with(&["pack.ndjson", "line 1"]);
    home.run(&["pack", "verify", "--file", "none.ndjson"])
        .failed_in_one_line_with(&["none.ndjson"]);
    let path = home.path("pack.ndjson");
    for wrong in [
        vec!["pack", "verify"],
        vec!["pack", "verify", PACK, "--file", text(&path)],
        vec!["pack", "verify", PACK, "--hash", "sha256:00"],
        vec![
            "pack",
            "verify",
            "--file",
            text(&path),
            "--hash",
            "sha256:00",
        ],
    ] {
        assert_eq!(home.run(&wrong).status, Some(2), "{wrong:?}");
    }
}
