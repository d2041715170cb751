//! Books held against the ledger by command.

use serde_json::json;
use testkit::on_both_engines;

use crate::support::{Home, LEDGER};

const FILE: &str = "books.beancount";
const RECONCILE: [&str; 7] = [
    "reconcile",
    "--portfolio",
    "Broker",
    "--ledger",
    FILE,
    "--accounts",
    "Assets:Broker",
];

/// The ledger as it was imported, and a warming pack of its prices.
fn imported(home: &Home) {
    home.write(FILE, LEDGER);
    let accounts = ["--accounts", "Assets:Broker"];
    home.run(
        &[
            &["ledger", "import", FILE, "--portfolio", "Broker"][..],
            &accounts,
        ]
        .concat(),
    )
    .succeeded();
    home.run(&["pack", "build", "--asof", "2024-02-29", "--ledger", FILE])
        .succeeded();
}

fn with_json() -> Vec<&'static str> {
    [&RECONCILE[..], &["--json"]].concat()
}

on_both_engines! {
    async fn a_ledger_agrees_with_its_import(db) {
        let home = Home::of(&db).with_user();
        imported(&home);
        let said = home.json(&with_json());
        assert_eq!((&said["passed"], &said["error_bps"]), (&json!(true), &json!("0")), "{said:#}");
        assert_eq!(said["left_out"], json!(["PRIV"]));
        assert_eq!(said["is_in_pack"], true);
        let shown = home.run(&RECONCILE).succeeded().stdout;
        assert!(shown.contains("agree on 2024-02-29, at the prices of PP_2024-02-29"), "{shown}");
        let fresh = home.json(&["pack", "fresh", "PP_2024-02-29", "--json"]);
        assert_eq!(fresh["reconciliation_passed"], true);
    }

    async fn a_ledger_that_has_changed_fails_and_the_pack_with_it(db) {
        let home = Home::of(&db).with_user();
        imported(&home);
        home.write(FILE, &LEDGER.replace("10 NKE {100.00 USD}", "11 NKE {100.00 USD}"));
        let ran = home.run(&RECONCILE);
        assert_eq!(ran.status, Some(1), "{ran:?}");
        for part in ["quantity", "First apart on 2024-01-03, by quantity of NKE", "books.beancount:12"] {
            assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
        }
        assert!(ran.stderr.contains("Broker and the ledger differ"), "{}", ran.stderr);
        let ran = home.run(&["pack", "fresh", "PP_2024-02-29"]);
        assert_eq!(ran.status, Some(1), "{ran:?}");
        assert!(ran.stderr.contains("is error"), "{}", ran.stderr);

        let again = home.run(&with_json());
        assert_eq!(again.status, Some(1));
        let said: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
        assert_eq!((&said["passed"], &said["is_in_pack"]), (&json!(false), &json!(false)));
        let first = &said["first_difference"];
        assert_eq!((&first["ours"]["quantity"], &first["ledger"]["quantity"]), (&json!("10"), &json!("11")));
    }

    async fn what_is_missing_is_said(db) {
        let home = Home::of(&db).with_user();
        imported(&home);
        let without = ["reconcile", "--portfolio", "Broker", "--accounts", "Assets:Broker"];
        home.run(&without).failed_in_one_line_with(&["--ledger", "ledger.path"]);
        let path = home.path(FILE);
        let home = home.with("TALLYSTICK__LEDGER__PATH", path.to_str().unwrap());
        home.run(&without).succeeded();
        let asof = [&without[..], &["--asof", "2024-01-31"]].concat();
        home.run(&asof).failed_in_one_line_with(&["no pricing pack", "2024-01-31"]);
        let pack = [&without[..], &["--pack", "PP_2020-01-01"]].concat();
        home.run(&pack).failed_in_one_line_with(&["PP_2020-01-01"]);
        let both = [&asof[..], &["--pack", "PP_2024-02-29"]].concat();
        assert_eq!(home.run(&both).status, Some(2));
    }
}
