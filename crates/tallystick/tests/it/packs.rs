use serde_json::{Value, json};
use testkit::{TestDatabase, on_both_engines};

use crate::{
    import::IMPORT,
    support::{Home, LEDGER},
};

const BUILD: [&str; 6] = [
    "pack",
    "build",
    "--asof",
    "2024-02-29",
    "--ledger",
    "books.beancount",
];

fn home_with_books(db: &TestDatabase) -> Home {
    let home = Home::of(db).with_user();
    home.write("books.beancount", LEDGER);
    home.json(&IMPORT);
    home
}

on_both_engines! {
    async fn a_pack_is_built_looked_at_frozen_and_verified(db) {
        let home = home_with_books(&db);
        let built = home.run(&BUILD).succeeded().stdout;
        assert!(built.contains("PP_2024-02-29 is warming"), "{built}");
        assert!(built.contains("tallystick pack fresh PP_2024-02-29"), "{built}");

        let verify = ["pack", "verify", "PP_2024-02-29"];
        home.run(&verify).failed_with(&["still warming"]);
        home.run(&["positions", "Broker", "--pack", "PP_2024-02-29"])
            .failed_with(&["still warming", "tallystick pack fresh"]);

        let frozen = home.json(&["pack", "fresh", "PP_2024-02-29", "--json"]);
        assert_eq!(frozen["status"], "fresh");
        let verified = home.run(&verify).succeeded().stdout;
        assert!(verified.contains(frozen["hash"].as_str().unwrap()), "{verified}");
        home.run(&["pack", "fresh", "PP_2024-02-29"]).failed_with(&["frozen"]);

        let shown = home.json(&["pack", "show", "PP_2024-02-29", "--json"]);
        assert_eq!(shown["prices"].as_array().unwrap().len(), 1);
        assert_eq!(shown["prices"][0]["symbol"], "NKE");
        assert_eq!(shown["prices"][0]["close"], "120.5");
        assert_eq!(shown["hash"], frozen["hash"]);
        let table = home.run(&["pack", "show", "PP_2024-02-29"]).succeeded().stdout;
        assert!(table.contains("NKE") && table.contains("120.5"), "{table}");
    }

    async fn packs_are_listed_newest_first(db) {
        let home = home_with_books(&db);
        for day in ["2024-03-01", "2024-02-29", "2024-03-04"] {
            home.json(&[
                "pack", "build", "--asof", day, "--ledger", "books.beancount", "--fresh", "--json",
            ]);
        }
        let listed = home.json(&["pack", "list", "--json"]);
        let ids: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|pack| &pack["id"]).collect();
        assert_eq!(json!(ids), json!(["PP_2024-03-04", "PP_2024-03-01", "PP_2024-02-29"]));
        let table = home.run(&["pack", "list", "--limit", "2"]).succeeded().stdout;
        assert!(table.contains("There are more") && !table.contains("PP_2024-02-29"), "{table}");
    }

    async fn prices_and_rates_come_from_files(db) {
        let home = home_with_books(&db);
        home.write("prices.csv", "symbol,close,currency\nNKE,121.25,USD\nPRIV,6,USD\n");
        home.write("rates.csv", "base,quote,rate\nUSD,CAD,1.3712\n");
        let pack = home.json(&[
            "pack", "build", "--asof", "2024-02-29", "--prices", "prices.csv", "--fx", "rates.csv",
            "--policy", "MINE", "--fresh", "--json",
        ]);
        assert_eq!(pack["id"], "PP_2024-02-29_MINE");
        let positions = ["positions", "Broker", "--pack", "PP_2024-02-29_MINE", "--json"];
        assert_eq!(home.json(&positions)["totals"]["market_value"], "847.5");
    }

    async fn faults_of_a_file_are_all_reported_with_their_lines_and_nothing_is_loaded(db) {
        let home = home_with_books(&db);
        home.write(
            "prices.csv",
            "symbol,close,currency\nNKE,0,USD\nPRIV,-1,USD\nNONE,1,USD\nNKE,abc,USD\nPRIV,2,USD\n\
             PRIV,3,USD\n",
        );
        let build = ["pack", "build", "--asof", "2024-02-29", "--prices", "prices.csv", "--fresh"];
        home.run(&build)
            .failed_with(&["prices.csv", "line 2", "line 3", "line 4", "line 5", "line 7"]);
        assert_eq!(home.json(&["pack", "list", "--json"])["items"], json!([]));
        home.run(&["pack", "build", "--asof", "2024-02-29", "--prices", "none.csv"])
            .failed_in_one_line_with(&["none.csv"]);
    }

    async fn a_second_pack_of_a_day_and_an_unknown_one_are_refused(db) {
        let home = home_with_books(&db);
        home.run(&BUILD).succeeded();
        home.run(&BUILD).failed_in_one_line_with(&["PP_2024-02-29"]);
        for command in ["show", "verify", "fresh"] {
            home.run(&["pack", command, "PP_1999-01-01"])
                .failed_in_one_line_with(&["PP_1999-01-01"]);
        }
        let empty =
            ["pack", "build", "--asof", "2023-01-01", "--ledger", "books.beancount", "--fresh"];
        home.run(&empty).failed_with(&["no price"]);
        assert_eq!(home.json(&["pack", "list", "--json"])["items"].as_array().unwrap().len(), 1);
    }
}

/// A pack can come before any import: what the ledger says of its securities is enough.
#[test]
fn a_pack_needs_no_import_before_it() {
    let home = Home::new();
    home.write("books.beancount", LEDGER);
    home.run(&BUILD).succeeded();
    let shown = home.json(&["pack", "show", "PP_2024-02-29", "--json"]);
    assert_eq!(shown["prices"][0]["symbol"], "NKE");
}
