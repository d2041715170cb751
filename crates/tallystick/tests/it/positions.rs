use serde_json::json;
use testkit::on_both_engines;

use crate::{
    import::IMPORT,
    support::{Home, LEDGER},
};

on_both_engines! {
    async fn the_command_and_rest_answer_with_the_same_bytes(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        let id = home.json(&IMPORT)["portfolio_id"].as_str().unwrap().to_owned();
        for day in ["2024-02-29", "2024-03-01"] {
            home.json(&[
                "pack", "build", "--asof", day, "--ledger", "books.beancount", "--fresh", "--json",
            ]);
        }
        let service = home.serve("serve").signed_in(&home);
        for (options, query) in [
            (&[][..], ""),
            (&["--pack", "PP_2024-02-29"], "?pack_id=PP_2024-02-29"),
            (&["--asof", "2024-02-29"], "?asof=2024-02-29"),
            (
                &["--pack", "PP_2024-03-01", "--asof", "2024-01-15"],
                "?pack_id=PP_2024-03-01&asof=2024-01-15",
            ),
        ] {
            let command = [&["positions", "Broker", "--json"], options].concat();
            let printed = home.run(&command).succeeded().stdout;
            let answered = service.get(&format!("/v1/portfolios/{id}/positions{query}"));
            assert_eq!(printed, format!("{answered}\n"), "{options:?}");
            let by_id = [&["positions", id.as_str(), "--json"], options].concat();
            assert_eq!(home.run(&by_id).succeeded().stdout, printed);
        }
    }

    async fn what_is_not_there_is_named(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        home.run(&["positions", "Broker"]).failed_in_one_line_with(&["no portfolio `Broker`"]);
        let unknown = "0190a0a0-0000-7000-8000-000000000000";
        home.run(&["positions", unknown]).failed_in_one_line_with(&[unknown]);
        home.json(&IMPORT);
        home.run(&["positions", "Broker"])
            .failed_in_one_line_with(&["no fresh pricing pack", "tallystick pack build"]);
        home.run(&["positions", "Broker", "--pack", "PP_none"])
            .failed_in_one_line_with(&["PP_none"]);
    }

    async fn the_table_names_the_pack_and_its_hash(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        home.json(&IMPORT);
        let build = [
            "pack", "build", "--asof", "2024-02-29", "--ledger", "books.beancount", "--fresh",
            "--json",
        ];
        let hash = home.json(&build)["hash"].clone();
        let shown = home.run(&["positions", "Broker"]).succeeded().stdout;
        let source = format!("PP_2024-02-29: {}", hash.as_str().unwrap());
        assert!(shown.contains(&source) && shown.contains("723.00"), "{shown}");
        let answer = home.json(&["positions", "Broker", "--json"]);
        assert_eq!(answer["provenance"]["pack_hash"], json!(hash));
    }
}
