use serde_json::json;
use testkit::{TestDatabase, on_both_engines};

use crate::{
    import::IMPORT,
    support::{Home, LEDGER},
};

const PACK: &str = "PP_2024-02-29";
const RESTATED: &str = "PP_2024-02-29_D1";

/// Six NKE and 20 PRIV, and a fresh pack in which NKE costs 120.50.
fn home_with_pack(db: &TestDatabase) -> Home {
    let home = Home::of(db).with_user();
    home.write("books.beancount", LEDGER);
    home.json(&IMPORT);
    home.json(&[
        "pack",
        "build",
        "--asof",
        "2024-02-29",
        "--ledger",
        "books.beancount",
        "--fresh",
        "--json",
    ]);
    home.write(
        "prices.csv",
        "symbol,close,currency\nNKE,121.25,USD\nPRIV,6,USD\n",
    );
    home.write("rates.csv", "base,quote,rate\nUSD,CAD,1.3712\n");
    home
}

on_both_engines! {
    async fn a_pack_is_restated_from_files_in_one_go(db) {
        let home = home_with_pack(&db);
        let made = home.json(&[
            "pack", "restate", PACK, "--reason", "NKE was of the day before", "--prices", "prices.csv",
            "--fx", "rates.csv", "--fresh", "--json",
        ]);
        assert_eq!((&made["id"], &made["status"]), (&json!(RESTATED), &json!("fresh")));
        assert_eq!(made["restates"], PACK);
        assert_eq!(made["restatement_reason"], "NKE was of the day before");
        assert_eq!(made["sources"]["prices"], "prices.csv");
        let old = home.json(&["pack", "show", PACK, "--json"]);
        assert_eq!(old["superseded_by"], RESTATED);
        assert_eq!(old["prices"][0]["close"], "120.5");
        let shown = home.run(&["pack", "show", PACK]).succeeded().stdout;
        assert!(shown.contains("superseded by PP_2024-02-29_D1"), "{shown}");
        let shown = home.run(&["pack", "show", RESTATED]).succeeded().stdout;
        assert!(shown.contains("restates PP_2024-02-29: NKE was of the day before"), "{shown}");
        home.run(&["pack", "verify", PACK]).succeeded();
        let positions = home.json(&["positions", "Broker", "--json"]);
        assert_eq!(positions["provenance"]["pricing_pack_id"], RESTATED);
        assert_eq!(positions["totals"]["market_value"], "847.5");
        home.run(&["pack", "restate", PACK, "--reason", "again"])
            .failed_in_one_line_with(&["not the current one", RESTATED]);
    }

    async fn a_restatement_stays_aside_until_it_is_frozen(db) {
        let home = home_with_pack(&db);
        let restate = ["pack", "restate", PACK, "--reason", "late"];
        let made = home.run(&restate).succeeded().stdout;
        assert!(made.contains("PP_2024-02-29_D1 is warming"), "{made}");
        home.run(&restate).failed_in_one_line_with(&["warming already", RESTATED]);
        home.run(&["pack", "restate", RESTATED, "--reason", "x"]).failed_in_one_line_with(&["warming"]);
        let positions = home.json(&["positions", "Broker", "--json"]);
        assert_eq!(positions["provenance"]["pricing_pack_id"], PACK);
        home.json(&["pack", "fresh", RESTATED, "--json"]);
        let positions = home.json(&["positions", "Broker", "--json"]);
        assert_eq!(positions["provenance"]["pricing_pack_id"], RESTATED);
        let log = home.run(&["audit", "list", "--json"]).succeeded().stdout;
        for part in ["pack.restate", "\"reason\":\"late\"", "\"supersedes\":\"PP_2024-02-29\""] {
            assert!(log.contains(part), "{part}: {log}");
        }
    }

    async fn nothing_is_restated_where_a_file_has_a_fault(db) {
        let home = home_with_pack(&db);
        home.write("bad.csv", "symbol,close,currency\nNKE,0,USD\n");
        home.run(&["pack", "restate", PACK, "--reason", "x", "--prices", "bad.csv"])
            .failed_with(&["bad.csv", "line 2"]);
        let listed = home.json(&["pack", "list", "--json"]);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }

    async fn two_packs_are_compared_with_the_effect_on_a_portfolio(db) {
        let home = home_with_pack(&db);
        home.json(&[
            "pack", "restate", PACK, "--reason", "late", "--prices", "prices.csv", "--fx", "rates.csv",
            "--fresh", "--json",
        ]);
        let diff = ["pack", "diff", PACK, RESTATED, "--portfolio", "Broker", "--json"];
        let found = home.json(&diff);
        assert_eq!(found["counts"], json!({"added": 2, "removed": 0, "changed": 1}));
        let expected = json!({
            "source": {"old": "ledger", "new": "import"}, "close": {"old": "120.5", "new": "121.25"},
        });
        assert_eq!(found["changed"][0]["fields"], expected);
        assert_eq!(found["portfolio"]["change"], "124.5");
        let effects = found["portfolio"]["effects"].as_array().unwrap();
        let effects: Vec<_> = effects.iter().map(|one| (&one["symbol"], &one["effect"])).collect();
        assert_eq!(
            effects,
            [(&json!("NKE"), &json!("4.5")), (&json!("PRIV"), &json!("120"))]
        );
        let table = home.run(&["pack", "diff", PACK, RESTATED, "--portfolio", "Broker"]).succeeded();
        for part in ["121.25", "added", "USD/CAD", "124.5"] {
            assert!(table.stdout.contains(part), "{part}: {}", table.stdout);
        }
        let same = home.run(&["pack", "diff", PACK, PACK]).succeeded().stdout;
        assert!(same.contains("hold the same"), "{same}");
        home.run(&["pack", "diff", PACK, "PP_1999-01-01"]).failed_in_one_line_with(&["PP_1999-01-01"]);
        home.run(&["pack", "diff", PACK, RESTATED, "--portfolio", "Nobody"])
            .failed_in_one_line_with(&["Nobody"]);
    }
}
