use serde_json::json;
use testkit::on_both_engines;

use crate::app::{App, books::id_of};

on_both_engines! {
    async fn a_portfolio_is_made_read_changed_and_removed(db) {
        let app = App::start(db).await;

        let body = json!({"name": "Retirement", "base_currency": "CAD", "lot_method": "hifo"});
        let made = app.post("/v1/portfolios", &body).await.expect(201);
        let portfolio = made.json();
        let path = format!("/v1/portfolios/{}", id_of(&portfolio));
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!(portfolio["name"], "Retirement");
        assert_eq!(portfolio["base_currency"], "CAD");
        assert_eq!(portfolio["lot_method"], "hifo");
        assert_eq!(portfolio["benchmark_security_id"], json!(null));
        assert_eq!(portfolio["is_active"], true);
        assert_eq!(portfolio["books_revision"], 0);

        let read = app.get(&path).await.expect(200);
        assert_eq!(read.text, made.text);
        assert_eq!(read.etag(), made.etag());

        let changed = app.patch(&path, &json!({"name": "Pension"})).await.expect(200);
        assert_eq!(changed.json()["name"], "Pension");
        assert_eq!(changed.json()["lot_method"], "hifo", "a field left out keeps its value");
        assert_ne!(changed.etag(), made.etag());

        let removed = app.delete(&path).await.expect(204);
        assert_eq!(removed.text, "");
        app.get(&path).await.problem(404, "portfolio_not_found");
        app.delete(&path).await.problem(404, "portfolio_not_found");
    }

    async fn a_portfolio_with_books_goes_with_all_of_them(db) {
        let app = App::start(db).await;
        let id = app.portfolio_with_books().await;
        app.delete(&format!("/v1/portfolios/{id}")).await.expect(204);
        app.get(&format!("/v1/portfolios/{id}/cash-flows")).await.problem(404, "portfolio_not_found");
        let again = app.portfolio_with_books().await;
        let flows = app.get(&format!("/v1/portfolios/{again}/cash-flows")).await.expect(200).json();
        assert_eq!(flows["items"].as_array().unwrap().len(), 2);
    }

    async fn a_name_is_unique(db) {
        let app = App::start(db).await;
        app.new_portfolio("Main").await;
        let body = json!({"name": "Main", "base_currency": "EUR"});
        app.post("/v1/portfolios", &body).await.problem(409, "name_taken");
        let other = app.new_portfolio("Other").await;
        let path = format!("/v1/portfolios/{other}");
        app.patch(&path, &json!({"name": "Main"})).await.problem(409, "name_taken");
    }

    async fn what_breaks_a_rule_is_named(db) {
        let app = App::start(db).await;
        for (body, pointer) in [
            (json!({"name": "", "base_currency": "USD"}), "/name"),
            (json!({"name": "x".repeat(201), "base_currency": "USD"}), "/name"),
            (json!({"name": "a\nb", "base_currency": "USD"}), "/name"),
            (json!({"name": "a", "base_currency": "usd"}), "/base_currency"),
            (json!({"name": "a", "base_currency": "NIKE"}), "/base_currency"),
        ] {
            let refused = app.post("/v1/portfolios", &body).await;
            let problem = refused.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
        }
        assert_eq!(app.get("/v1/portfolios").await.json()["items"], json!([]));
    }

    async fn what_is_malformed_is_named(db) {
        let app = App::start(db).await;
        for (body, pointer) in [
            (json!({"name": "a"}), ""),
            (json!({"name": 1, "base_currency": "USD"}), "/name"),
            (json!({"name": "a", "base_currency": "USD", "colour": "red"}), "/colour"),
            (json!({"name": "a", "base_currency": "USD", "lot_method": "best"}), "/lot_method"),
            (
                json!({"name": "a", "base_currency": "USD", "benchmark_security_id": "x"}),
                "/benchmark_security_id",
            ),
            (json!([]), ""),
        ] {
            let refused = app.post("/v1/portfolios", &body).await;
            let problem = refused.problem(400, "body_invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
        }
    }

    async fn a_benchmark_is_set_and_taken_away(db) {
        let app = App::start(db).await;
        let path = format!("/v1/portfolios/{}", app.new_portfolio("Main").await);
        let security = app.new_security("SPY").await;

        let unknown = json!({"benchmark_security_id": uuid::Uuid::now_v7()});
        app.patch(&path, &unknown).await.problem(404, "security_not_found");
        let set = app.patch(&path, &json!({"benchmark_security_id": security})).await.expect(200);
        assert_eq!(set.json()["benchmark_security_id"], security);
        let kept = app.patch(&path, &json!({"is_active": false})).await.expect(200);
        assert_eq!(kept.json()["benchmark_security_id"], security);
        let gone = app.patch(&path, &json!({"benchmark_security_id": null})).await.expect(200);
        assert_eq!(gone.json()["benchmark_security_id"], json!(null));
        app.patch(&path, &json!({"name": null})).await.problem(400, "body_invalid");
    }

    async fn the_base_currency_stays_once_there_are_transactions(db) {
        let app = App::start(db).await;
        let empty = format!("/v1/portfolios/{}", app.new_portfolio("Empty").await);
        let changed = app.patch(&empty, &json!({"base_currency": "EUR"})).await.expect(200);
        assert_eq!(changed.json()["base_currency"], "EUR");

        let used = format!("/v1/portfolios/{}", app.portfolio_with_books().await);
        let refused = app.patch(&used, &json!({"base_currency": "EUR"})).await;
        refused.problem(409, "portfolio_has_transactions");
    }

    async fn a_lost_race_changes_nothing(db) {
        let app = App::start(db).await;
        let path = format!("/v1/portfolios/{}", app.new_portfolio("Main").await);
        let seen = app.get(&path).await.etag();
        app.patch(&path, &json!({"name": "Mine"})).await.expect(200);

        let change = |etag: &str| {
            let patch = app.request(reqwest::Method::PATCH, &path).header("if-match", etag);
            app.send(patch.json(&json!({"name": "Theirs"})))
        };
        change(&seen).await.problem(412, "precondition_failed");
        change("\"unknown\"").await.problem(412, "precondition_failed");
        change(&format!("W/{}", app.get(&path).await.etag())).await
            .problem(412, "precondition_failed");
        let delete = app.request(reqwest::Method::DELETE, &path).header("if-match", &seen);
        app.send(delete).await.problem(412, "precondition_failed");
        assert_eq!(app.get(&path).await.json()["name"], "Mine");

        let now = app.get(&path).await.etag();
        change(&format!("{seen}, {now}")).await.expect(200);
        change("*").await.expect(200);
    }

    async fn who_has_it_already_gets_304(db) {
        let app = App::start(db).await;
        let path = format!("/v1/portfolios/{}", app.new_portfolio("Main").await);
        let etag = app.get(&path).await.etag();
        let unchanged = app.get_if_none_match(&path, &etag).await.expect(304);
        assert_eq!((unchanged.text.as_str(), unchanged.etag()), ("", etag.clone()));
        app.patch(&path, &json!({"name": "Renamed"})).await.expect(200);
        app.get_if_none_match(&path, &etag).await.expect(200);
    }
}
