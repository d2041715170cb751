//! Some hundreds of requests made out of the contract; `cargo xtask fuzz api` sends many thousands.

use std::{env, fs, path::Path, time::Duration};

use identity::Scope;
use serde_json::Value;
use testkit::on_both_engines;
use tokio::process::Command;

use crate::app::App;

const PROGRAM_VARIABLE: &str = "TALLYSTICK_SCHEMATHESIS";

on_both_engines! {
    async fn what_is_made_out_of_the_contract_finds_nothing(db) {
        let Some(program) = env::var_os(PROGRAM_VARIABLE).filter(|value| !value.is_empty()) else {
            println!("skipped: {PROGRAM_VARIABLE} names no program");
            return;
        };
        let app = App::start_with(db, |config| config.longest_wait = Duration::ZERO).await;
        app.portfolio_with_books().await;
        app.fresh_pack("2025-10-20", "NKE,70,USD").await;
        let token = app.people.api_token(app.user, &[Scope::Admin]).await;

        let (here, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
        let output = Command::new(program)
            .arg("--config-file")
            .arg(here.join("schemathesis.toml"))
            .arg("run")
            .arg(format!("{}/openapi.json", app.url))
            .args(["--header", &format!("Authorization: Bearer {token}")])
            .args(["--checks", "all", "--phases", "examples,fuzzing", "--max-examples", "5"])
            .args(["--seed", "1", "--no-color", "--report", "json", "--report-json-path", "report.json"])
            .env("SCHEMATHESIS_HOOKS", here.join("schemathesis_hooks.py"))
            .env("FUZZ_USER_ID", app.user.to_string())
            .current_dir(&folder)
            .output()
            .await
            .unwrap();

        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{printed}");
        let report = fs::read(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        assert!(report["test_cases"]["generated"].as_u64().unwrap() >= 200, "{printed}");
    }
}
