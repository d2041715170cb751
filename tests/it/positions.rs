use std::process::Command;

use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, books::LEDGER};

fn codes(positions: &Value) -> Vec<&str> {
    let warnings = positions["warnings"].as_array().unwrap();
    warnings
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect()
}

fn git(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@localhost"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

on_both_engines! {
    async fn holdings_are_valued_at_the_newest_fresh_pack(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let path = format!("/v1/portfolios/{portfolio}/positions");
        app.get(&path).await.problem(404, "pricing_pack_not_found");
        app.fresh_pack("2025-10-20", "NKE,70,USD").await;
        let pack = app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        app.new_pack("2025-10-22").await;

        let positions = app.get(&path).await.expect(200).json();
        let nke = &positions["items"][0];
        assert_eq!(nke["security"]["symbol"], "NKE");
        assert_eq!(nke["security"]["name"], "Nike");
        assert!(nke["security"]["id"].is_string() && nke["security"]["kind"].is_string());
        for (field, value) in [
            ("quantity", "6"), ("price", "74.5"), ("price_currency", "USD"), ("fx_rate", "1"),
            ("market_value", "447"), ("cost_basis", "300"), ("unrealized_gain", "147"),
            ("unrealized_gain_ratio", "0.49"),
        ] {
            assert_eq!(nke[field], value, "{field}");
        }
        assert_eq!(nke["open_lots"], 1);
        assert_eq!(positions["base_currency"], "USD");
        assert_eq!(positions["asof_date"], "2025-10-21");
        assert_eq!(positions["cash"], json!([{"currency": "USD", "amount": "745", "value": "745"}]));
        assert_eq!(
            positions["totals"],
            json!({"market_value": "447", "cash": "745", "cost_basis": "300", "unrealized_gain": "147"})
        );
        assert_eq!(
            positions["provenance"],
            json!({
                "pricing_pack_id": "PP_2025-10-21", "pack_hash": pack["hash"],
                "ledger_commit_hash": null, "books_revision": 1,
                "engine_version": env!("CARGO_PKG_VERSION"),
            })
        );
        assert_eq!(codes(&positions), ["ledger_commit_unknown"]);
        assert_eq!(app.get(&path).await.json(), positions, "from the cache as from the books");
    }

    async fn a_date_asks_for_the_books_and_prices_of_then(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let path = format!("/v1/portfolios/{portfolio}/positions");
        app.fresh_pack("2024-01-31", "NKE,55,USD").await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;

        let then = app.get(&format!("{path}?asof=2024-02-15")).await.expect(200).json();
        assert_eq!(then["asof_date"], "2024-02-15");
        assert_eq!(then["items"][0]["quantity"], "10");
        assert_eq!(then["items"][0]["price"], "55");
        assert_eq!(then["provenance"]["pricing_pack_id"], "PP_2024-01-31");

        let named = app.get(&format!("{path}?pack_id=PP_2025-10-21&asof=2024-02-15")).await.json();
        assert_eq!(named["items"][0]["quantity"], "10");
        assert_eq!(named["items"][0]["price"], "74.5");
        let of_its_day = app.get(&format!("{path}?pack_id=PP_2024-01-31")).await.json();
        assert_eq!(of_its_day["asof_date"], "2024-01-31");
        app.get(&format!("{path}?asof=2024-01-30")).await.problem(404, "pricing_pack_not_found");
        app.get(&format!("{path}?pack_id=PP_1999-01-01")).await.problem(404, "pricing_pack_not_found");
        let nobody = uuid::Uuid::now_v7();
        app.get(&format!("/v1/portfolios/{nobody}/positions")).await.problem(404, "portfolio_not_found");
    }

    async fn nothing_is_valued_on_a_pack_that_proves_nothing(db) {
        let app = App::start(db).await;
        let path = format!("/v1/portfolios/{}/positions", app.portfolio_with_books().await);
        app.new_pack("2025-10-21").await;
        let warming = app.get(&format!("{path}?pack_id=PP_2025-10-21")).await;
        let problem = warming.problem(503, "pricing_pack_warming");
        assert_eq!(problem["pack_id"], "PP_2025-10-21");
        assert_eq!(problem["pack_status"], "warming");
        assert_eq!(problem["prewarm_done"], false);
        assert!(warming.header("retry-after").is_some());

        app.load_prices("PP_2025-10-21", "NKE,74.5,USD").await;
        app.post("/v1/packs/PP_2025-10-21/error", &json!({"message": "late"})).await.expect(200);
        app.get(&path).await.problem(404, "pricing_pack_not_found");
        let failed = app.get(&format!("{path}?pack_id=PP_2025-10-21")).await.expect(200).json();
        assert!(codes(&failed).contains(&"pricing_pack_error"), "{failed:#}");
    }

    async fn a_position_without_a_price_keeps_its_row(db) {
        let app = App::start(db).await;
        let path = format!("/v1/portfolios/{}/positions", app.portfolio_with_books().await);
        app.new_security("PYPL").await;
        app.fresh_pack("2025-10-21", "PYPL,60,USD").await;
        let positions = app.get(&path).await.expect(200).json();
        let nke = &positions["items"][0];
        assert_eq!((&nke["quantity"], &nke["cost_basis"]), (&json!("6"), &json!("300")));
        for field in ["price", "price_currency", "market_value", "unrealized_gain", "weight"] {
            assert_eq!(nke[field], json!(null), "{field}");
        }
        assert_eq!(positions["totals"]["market_value"], "0");
        assert!(codes(&positions).contains(&"price_missing"), "{positions:#}");
    }

    async fn another_currency_is_converted_at_the_packs_rate(db) {
        let app = App::start(db).await;
        let body = json!({"name": "Canadian", "base_currency": "CAD"});
        let portfolio = crate::app::books::id_of(&app.post("/v1/portfolios", &body).await.json());
        let ledger = format!("{LEDGER}\n2024-01-01 price USD 1.35 CAD\n");
        app.import(&portfolio, &ledger, "Assets:Broker").await;
        app.new_pack("2025-10-21").await;
        app.load_prices("PP_2025-10-21", "NKE,74.5,USD").await;
        let rates = "base,quote,rate\nUSD,CAD,1.4\n";
        app.upload("/v1/packs/PP_2025-10-21/fx-rates", "text/csv", rates).await.expect(201);
        app.mark_fresh("PP_2025-10-21").await;

        let positions = app.get(&format!("/v1/portfolios/{portfolio}/positions")).await.expect(200).json();
        let nke = &positions["items"][0];
        assert_eq!(nke["fx_rate"], "1.4");
        assert_eq!(nke["market_value"], "625.8");
        assert_eq!(nke["cost_basis"], "405", "300 USD at the rate of the day of the purchase");
        assert_eq!(positions["cash"], json!([{"currency": "USD", "amount": "745", "value": "1043"}]));
    }

    async fn who_has_them_gets_304_until_anything_changes(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let path = format!("/v1/portfolios/{portfolio}/positions");
        app.fresh_pack("2025-10-20", "NKE,70,USD").await;
        let first = app.get(&path).await.expect(200);
        assert!(first.etag().starts_with('"'), "a strong tag");
        let unchanged = app.get_if_none_match(&path, &first.etag()).await.expect(304);
        assert_eq!((unchanged.text.as_str(), unchanged.etag()), ("", first.etag()));

        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let second = app.get_if_none_match(&path, &first.etag()).await.expect(200);
        let grown = format!("{LEDGER}\n2025-01-01 * \"Deposit\"\n  Assets:Broker:Cash 1 USD\n  Equity:Opening\n");
        app.import(&portfolio, &grown, "Assets:Broker").await;
        let third = app.get_if_none_match(&path, &second.etag()).await.expect(200);
        assert_eq!(third.json()["provenance"]["books_revision"], 2);
        assert_eq!(third.json()["cash"][0]["amount"], "746");
    }

    async fn the_commit_of_the_ledger_is_gits_word_or_null(db) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("books.beancount");
        std::fs::write(&ledger, LEDGER).unwrap();
        let app = App::start_with(db, |config| config.ledger_path = Some(ledger)).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-20", "NKE,70,USD").await;
        let path = format!("/v1/portfolios/{portfolio}/positions");
        let before = app.get(&path).await.expect(200).json();
        assert_eq!(before["provenance"]["ledger_commit_hash"], json!(null));
        assert_eq!(codes(&before), ["ledger_commit_unknown"]);

        git(folder.path(), &["init", "--quiet"]);
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "--quiet", "-m", "books"]);
        let head = git(folder.path(), &["rev-parse", "HEAD"]);
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        let after = app.get(&path).await.expect(200).json();
        assert_eq!(after["provenance"]["ledger_commit_hash"], head);
        assert_eq!(codes(&after), Vec::<&str>::new());
    }
}
