use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::{
    support::{Home, LEDGER, example, text},
    value::assert_as_beancount_says,
};

pub const IMPORT: [&str; 8] = [
    "ledger",
    "import",
    "books.beancount",
    "--accounts",
    "Assets:Broker",
    "--portfolio",
    "Broker",
    "--json",
];

on_both_engines! {
    async fn an_import_is_whole_and_its_repetition_changes_nothing(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        let first = home.json(&IMPORT);
        assert_eq!(first["transactions"], 4);
        assert_eq!(first["lots"], 2);
        assert_eq!(first["closures"], 1);
        assert_eq!(first["securities"], 2);
        assert_eq!(first["base_currency"], "USD");
        assert_eq!(first["books_revision"], 1);
        for part in ["parse", "write", "total"] {
            assert!(first["timings_ms"][part].is_number(), "{first}");
        }
        let second = home.json(&IMPORT);
        assert_eq!(second["transactions"], 0);
        assert_eq!(second["already_present"], 4);
        assert_eq!(second["books_revision"], 1);
        assert_eq!(second["portfolio_id"], first["portfolio_id"]);
    }

    async fn a_ledger_that_has_grown_adds_what_is_new(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        home.json(&IMPORT);
        let more = "2024-03-01 * \"Buy\"\n  Assets:Broker:Stocks  1 NKE {90.00 USD}\n  \
                    Assets:Broker:Cash\n";
        home.write("books.beancount", &format!("{LEDGER}{more}"));
        let grown = home.json(&IMPORT);
        assert_eq!(grown["transactions"], 1);
        assert_eq!(grown["already_present"], 4);
        assert_eq!(grown["books_revision"], 2);
    }

    async fn a_dry_run_reports_the_same_and_writes_nothing(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        let dry = home.json(&[&IMPORT[..], &["--dry-run"]].concat());
        assert_eq!(dry["dry_run"], true);
        assert_eq!(dry["portfolio_id"], Value::Null);
        home.run(&["positions", "Broker"]).failed_with(&["no portfolio `Broker`"]);
        let real = home.json(&IMPORT);
        for part in ["transactions", "lots", "closures", "cash_flows", "securities", "warnings"] {
            assert_eq!(dry[part], real[part], "{part}");
        }
    }

    async fn the_example_ledger_is_worth_the_same_by_way_of_the_books(db) {
        let Some((ledger, expected)) = example() else { return };
        let home = Home::of(&db).with_user();
        let asof = expected[0]["asof"].as_str().unwrap();
        for expected in &expected {
            let prefix = expected["accounts"].as_str().unwrap();
            home.json(&[
                "ledger", "import", text(&ledger), "--accounts", prefix, "--portfolio", prefix,
                "--json",
            ]);
        }
        home.json(&[
            "pack", "build", "--asof", asof, "--ledger", text(&ledger), "--fresh", "--json",
        ]);
        for expected in &expected {
            let prefix = expected["accounts"].as_str().unwrap();
            let answer = home.json(&["positions", prefix, "--asof", asof, "--json"]);
            assert_as_beancount_says(&answer, expected);
            assert_eq!(answer["provenance"]["pricing_pack_id"], json!(format!("PP_{asof}")));
        }
    }
}

#[test]
fn on_a_fresh_machine_an_import_makes_the_embedded_database() {
    let home = Home::new().with_user();
    home.write("books.beancount", LEDGER);
    home.json(&IMPORT);
    assert!(home.path("data/tallystick.db").is_file());
    let shown = home.run(&IMPORT[..7]).succeeded().stdout;
    assert!(
        shown.contains("4 transactions were there already"),
        "{shown}"
    );
}

on_both_engines! {
    async fn a_file_of_a_broker_makes_a_portfolio_and_is_known_again(db) {
        let home = Home::of(&db).with_user();
        home.write("trades.csv", "date,type,symbol,quantity,price,currency\n\
            2024-01-03,buy,NKE,10,20,USD\n2024-03-04,sell,NKE,4,30,USD\n");
        let into = ["import", "trades.csv", "--portfolio", "Trades"];
        home.run(&into).failed_with(&["no portfolio `Trades`", "--currency"]);
        let into = [&into[..], &["--currency", "USD", "--json"]].concat();
        let tried = home.json(&[&into[..], &["--dry-run"]].concat());
        assert_eq!((&tried["dry_run"], &tried["transactions"]), (&json!(true), &json!(2)));
        home.run(&["positions", "Trades"]).failed_with(&["no portfolio `Trades`"]);
        let first = home.json(&into);
        assert_eq!((&first["transactions"], &first["lots"]), (&json!(2), &json!(1)));
        let again = home.json(&into);
        assert_eq!((&again["transactions"], &again["already_present"]), (&json!(0), &json!(2)));

        home.write("trades.csv", "date,type,symbol,quantity,price,currency\n\
            2024-01-03,buy,NKE,ten,20,USD\n2024-03-04,sell,NKE,400,30,USD\n");
        home.run(&into).failed_with(&["trades.csv", "line 2", "quantity"]);
    }
}
