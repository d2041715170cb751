use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, books::id_of};

on_both_engines! {
    async fn a_security_is_registered_and_found(db) {
        let app = App::start(db).await;
        let body = json!({
            "symbol": "BRK.B", "name": "Berkshire Hathaway", "kind": "equity", "currency": "USD",
            "exchange": "NYSE", "isin": "US0846707026", "figi": "BBG000DWG505",
            "sector": "Financials", "country": "US",
        });
        let made = app.post("/v1/securities", &body).await.expect(201);
        let security = made.json();
        for (field, value) in body.as_object().unwrap() {
            assert_eq!(&security[field], value);
        }
        let path = format!("/v1/securities/{}", id_of(&security));
        assert_eq!(made.header("location"), Some(path.as_str()));
        let read = app.get(&path).await.expect(200);
        assert_eq!(read.text, made.text);
        app.get_if_none_match(&path, &read.etag()).await.expect(304);

        let nobody = format!("/v1/securities/{}", uuid::Uuid::now_v7());
        app.get(&nobody).await.problem(404, "security_not_found");
        app.post("/v1/securities", &body).await.problem(409, "symbol_taken");
    }

    async fn a_part_of_symbol_or_name_finds_it(db) {
        let app = App::start(db).await;
        for (symbol, name) in [("NKE", "Nike"), ("PYPL", "PayPal"), ("X_Y", "100% wool")] {
            let body = json!({"symbol": symbol, "name": name, "kind": "equity", "currency": "USD"});
            app.post("/v1/securities", &body).await.expect(201);
        }
        for (q, found) in [
            ("nk", vec!["NKE"]),
            ("PAYP", vec!["PYPL"]),
            ("%25", vec!["X_Y"]),
            ("_", vec!["X_Y"]),
            ("p", vec!["PYPL"]),
            ("%5C", vec![]),
            ("zzz", vec![]),
        ] {
            let list = app.get(&format!("/v1/securities?q={q}")).await.expect(200).json();
            assert_eq!(symbols(&list), found, "{q}");
        }
        assert_eq!(symbols(&app.get("/v1/securities").await.json()), ["NKE", "PYPL", "X_Y"]);
    }

    async fn what_breaks_a_rule_is_named(db) {
        let app = App::start(db).await;
        let valid = json!({"symbol": "A", "name": "A", "kind": "equity", "currency": "USD"});
        for (field, value) in [
            ("symbol", json!("nke")), ("symbol", json!("")), ("symbol", json!("A".repeat(41))),
            ("symbol", json!("A B")), ("name", json!("")), ("currency", json!("usd")),
            ("currency", json!("XXXX")), ("isin", json!("x".repeat(201))), ("sector", json!("")),
        ] {
            let mut body = valid.clone();
            body[field] = value;
            let refused = app.post("/v1/securities", &body).await;
            let problem = refused.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem:#}");
        }
        let mut body = valid.clone();
        body["kind"] = json!("stock");
        let problem = app.post("/v1/securities", &body).await.problem(400, "body_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/kind");
        assert!(problem["detail"].as_str().unwrap().contains("equity"), "{problem:#}");
    }
}

fn symbols(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["symbol"].as_str().unwrap())
        .collect()
}
