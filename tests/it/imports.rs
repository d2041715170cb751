use serde_json::json;
use testkit::on_both_engines;

use crate::app::{App, books::LEDGER};

async fn import(app: &App, portfolio: &str, query: &str, text: &str) -> crate::app::Reply {
    let path = format!("/v1/portfolios/{portfolio}/imports?{query}");
    app.upload(&path, "text/plain", text.to_owned()).await
}

on_both_engines! {
    async fn a_ledger_becomes_books(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Broker").await;
        let reply = import(&app, &portfolio, "format=beancount&accounts=Assets:Broker", LEDGER).await;
        let report = reply.clone().expect(201).json();
        assert_eq!(report["portfolio_id"], portfolio);
        assert_eq!(report["dry_run"], false);
        assert_eq!(report["transactions"], 4);
        assert_eq!((&report["lots"], &report["closures"]), (&json!(1), &json!(1)));
        assert_eq!((&report["cash_flows"], &report["securities"]), (&json!(2), &json!(1)));
        assert_eq!((&report["already_present"], &report["books_revision"]), (&json!(0), &json!(1)));

        let location = reply.header("location").unwrap();
        let stored = app.get(location).await.expect(200).json();
        assert_eq!(stored["id"], report["import_id"]);
        assert_eq!(stored["portfolio_id"], portfolio);
        assert_eq!(stored["format"], "beancount");
        assert_eq!(stored["status"], "committed");
        assert!(stored["file_hash"].as_str().unwrap().starts_with("sha256:"));
        app.get(&format!("/v1/imports/{}", uuid::Uuid::now_v7())).await.problem(404, "import_not_found");
    }

    async fn the_same_ledger_again_changes_nothing(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let again = import(&app, &portfolio, "accounts=Assets:Broker", LEDGER).await.expect(200);
        assert_eq!(again.header("location"), None);
        let report = again.json();
        assert_eq!(report["import_id"], json!(null));
        assert_eq!((&report["transactions"], &report["already_present"]), (&json!(0), &json!(4)));
        assert_eq!(report["books_revision"], 1);
    }

    async fn a_dry_run_says_the_same_and_writes_nothing(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Broker").await;
        let query = "accounts=Assets:Broker&dry_run=true";
        let dry = import(&app, &portfolio, query, LEDGER).await.expect(200).json();
        assert_eq!((&dry["dry_run"], &dry["transactions"]), (&json!(true), &json!(4)));
        let after = app.get(&format!("/v1/portfolios/{portfolio}")).await.json();
        assert_eq!(after["books_revision"], 0);
        assert_eq!(app.get("/v1/securities").await.json()["items"], json!([]));

        let wet = import(&app, &portfolio, "accounts=Assets:Broker", LEDGER).await.expect(201).json();
        for count in ["transactions", "lots", "closures", "cash_flows", "securities", "books_revision"] {
            assert_eq!(wet[count], dry[count], "{count}");
        }
    }

    async fn all_faults_come_at_once_with_their_lines(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Broker").await;
        let faulty = format!(
            "{LEDGER}\n2024-08-01 * \"Unbalanced\"\n  Assets:Broker:Cash 1 USD\n  Equity:Opening 2 USD\n\
             2024-08-02 balance Assets:Broker:Cash 1 USD\n"
        );
        let refused = import(&app, &portfolio, "accounts=Assets:Broker&name=my.beancount", &faulty).await;
        let problem = refused.problem(422, "ledger_invalid");
        let errors = problem["errors"].as_array().unwrap();
        assert!(errors.len() >= 2, "{problem:#}");
        for error in errors {
            let line = error["pointer"].as_str().unwrap().strip_prefix("/line/").unwrap();
            let beginning = format!("my.beancount:{line}: ");
            assert!(error["detail"].as_str().unwrap().starts_with(&beginning), "{error:#}");
        }
        let after = app.get(&format!("/v1/portfolios/{portfolio}")).await.json();
        assert_eq!(after["books_revision"], 0);
        assert_eq!(app.get("/v1/securities").await.json()["items"], json!([]));
    }

    async fn a_text_that_is_no_ledger_is_refused(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Broker").await;
        for text in [
            "", "nonsense", "2024-01-01 open", "include \"/etc/passwd\"\n", "2024-99-99 open Assets:A\n",
            "2024-01-01 * \"x\"\n  Assets:A 99999999999999999999999999999999999999 USD\n  Assets:B\n",
            "{\"json\": true}", "\u{1F4B0}", "2024-01-01 open Assets:Broker \u{7}\n",
        ] {
            import(&app, &portfolio, "accounts=Assets:Broker", text).await
                .problem(422, "ledger_invalid");
        }
        let unknown = import(&app, &portfolio, "accounts=Assets:Nowhere", LEDGER).await;
        unknown.problem(422, "ledger_invalid");
        import(&app, &portfolio, "accounts=Assets:Broker", "a\0b").await.problem(400, "body_invalid");
        let path = format!("/v1/portfolios/{portfolio}/imports?accounts=Assets:Broker");
        app.upload(&path, "text/plain", b"\xff\xfe".to_vec()).await.problem(400, "body_invalid");
        app.upload(&path, "application/json", "{}").await.problem(415, "media_type_unsupported");
    }

    async fn parameters_are_checked_before_the_body(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Broker").await;
        for (query, parameter) in [
            ("accounts=", "accounts"), ("accounts=A,,B", "accounts"),
            ("accounts=A&format=xml", "format"), ("accounts=A&dry_run=maybe", "dry_run"),
            ("accounts=A&colour=red", "colour"),
        ] {
            let problem = import(&app, &portfolio, query, LEDGER).await.problem(400, "parameter_invalid");
            let named = problem["errors"][0]["parameter"].as_str().unwrap_or_default();
            assert_eq!(named, parameter, "{query}: {problem:#}");
        }
        let unnamed = import(&app, &portfolio, "", LEDGER).await.problem(422, "validation_failed");
        assert_eq!(unnamed["errors"][0]["parameter"], "accounts");
        let nobody = uuid::Uuid::now_v7().to_string();
        import(&app, &nobody, "accounts=Assets", LEDGER).await.problem(404, "portfolio_not_found");
    }

    async fn a_file_of_transactions_is_tried_imported_and_known_again(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Broker").await;
        let file = "date,type,symbol,quantity,price,currency\n\
            2024-01-03,buy,NKE,10,20,USD\n2024-03-04,sell,NKE,4,30,USD\n";
        let tried = import(&app, &portfolio, "format=csv&dry_run=true", file).await.expect(200).json();
        assert_eq!((&tried["dry_run"], &tried["transactions"]), (&json!(true), &json!(2)));
        assert_eq!((&tried["lots"], &tried["closures"], &tried["securities"]), (&json!(1), &json!(1), &json!(1)));
        let path = format!("/v1/portfolios/{portfolio}/transactions");
        assert_eq!(app.get(&path).await.json()["items"], json!([]), "a dry run writes nothing");
        assert_eq!(app.get("/v1/securities").await.json()["items"], json!([]));

        let done = import(&app, &portfolio, "format=csv", file).await.expect(201);
        let location = done.header("location").unwrap().to_owned();
        let kept = app.get(&location).await.expect(200).json();
        assert_eq!((&kept["format"], &kept["counts"]["transactions"]), (&json!("csv"), &json!(2)));
        let again = import(&app, &portfolio, "format=csv", file).await.expect(200).json();
        assert_eq!((&again["transactions"], &again["already_present"]), (&json!(0), &json!(2)));
        let gains = app.get(&format!("/v1/portfolios/{portfolio}/realized-gains")).await.json();
        assert_eq!(gains["items"][0]["realized_gain"], "40");

        let longer = format!("{file}2024-03-05,sell,NKE,7,30,USD\n");
        let refused = import(&app, &portfolio, "format=csv", &longer).await;
        let problem = refused.problem(422, "rows_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/line/4", "{problem:#}");
        let mapping = "mapping=colour%20%3D%201&format=csv";
        let problem = import(&app, &portfolio, mapping, file).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], "mapping");
    }

    async fn a_ledger_that_contradicts_the_books_is_refused(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let shorter = LEDGER.replace("1000 USD", "1001 USD");
        let refused = import(&app, &portfolio, "accounts=Assets:Broker", &shorter).await;
        let problem = refused.problem(409, "ledger_changed");
        assert!(problem["detail"].as_str().unwrap().contains("2024-01-02"), "{problem:#}");
    }

    async fn a_ledger_longer_than_allowed_is_refused(db) {
        let app = App::start_with(db, |config| config.max_import_bytes = 100).await;
        let portfolio = app.new_portfolio("Broker").await;
        let refused = import(&app, &portfolio, "accounts=Assets:Broker", LEDGER).await;
        refused.problem(413, "body_too_large");
    }
}
