//! Transfers between two portfolios over REST.

use entity::values::UserRole;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::{app::App, transactions::trade};

fn transfer(day: &str, to: &str, members: Value) -> Value {
    let mut transfer = json!({
        "kind": "transfer_out", "trade_date": day, "currency": "USD", "terms": {"to": to},
    });
    let Value::Object(members) = members else {
        panic!("{members}")
    };
    transfer.as_object_mut().unwrap().extend(members);
    transfer
}

async fn items(app: &App, portfolio: &str, list: &str) -> Vec<Value> {
    let listed = app
        .get(&format!("/v1/portfolios/{portfolio}/{list}"))
        .await
        .expect(200)
        .json();
    listed["items"].as_array().unwrap().clone()
}

on_both_engines! {
    async fn units_and_cash_go_from_one_portfolio_to_the_other(db) {
        let app = App::start(db).await;
        let (a, b) = (app.new_portfolio("A").await, app.new_portfolio("B").await);
        let nike = app.new_security("NKE").await;
        let path = format!("/v1/portfolios/{a}/transactions");
        let done = app.post(&path, &json!([
            {"kind": "deposit", "trade_date": "2024-01-02", "amount": "1000", "currency": "USD"},
            trade("buy", "2024-01-03", &nike, "10", "20"),
            transfer("2024-02-01", &b, json!({"amount": "-102", "fee": "2"})),
            transfer("2024-02-02", &b, json!({"security_id": nike, "quantity": "4"})),
        ])).await.expect(201).json();

        let arrived = items(&app, &b, "transactions").await;
        for (at, arrival) in arrived.iter().enumerate() {
            let out = &done["transactions"][at + 2];
            assert_eq!(out["counter_portfolio_id"], b.as_str());
            assert_eq!(out["counter_transaction_id"], arrival["id"]);
            assert_eq!(arrival["counter_portfolio_id"], a.as_str());
            assert_eq!(arrival["counter_transaction_id"], out["id"]);
        }
        assert_eq!((&arrived[0]["amount"], &arrived[1]["quantity"]), (&json!("100"), &json!("4")));
        assert_eq!(arrived[1]["received_lots"], json!([{
            "acquired_on": "2024-01-03", "quantity": "4", "cost_basis": "80", "cost_basis_base": "80",
            "currency": "USD",
        }]));
        let lots = items(&app, &b, "lots").await;
        assert_eq!((&lots[0]["acquired_on"], &lots[0]["cost_basis"]), (&json!("2024-01-03"), &json!("80")));
        assert_eq!(items(&app, &a, "realized-gains").await, Vec::<Value>::new());
        let flows = items(&app, &b, "cash-flows").await;
        assert_eq!((&flows[0]["is_external"], &flows[0]["counter_portfolio_id"]), (&json!(true), &json!(a)));
        let log = app.get("/v1/audit?action=transaction.record").await.expect(200).json();
        assert_eq!(log["items"][0]["details"]["other_portfolio_ids"], json!([b]), "{log:#}");

        let arrival = arrived[1]["id"].as_str().unwrap();
        let path = format!("/v1/portfolios/{b}/transactions/{arrival}/void");
        app.post(&path, &json!({})).await.expect(200);
        assert_eq!(items(&app, &b, "lots").await, Vec::<Value>::new());
        assert_eq!(items(&app, &a, "lots").await[0]["quantity"], "10");
        app.post(&path, &json!({})).await.problem(409, "transaction_voided");
        let log = app.get("/v1/audit?action=transaction.void").await.expect(200).json();
        assert_eq!(log["items"][0]["details"]["other_portfolio_ids"], json!([a]), "{log:#}");
    }

    async fn what_the_other_portfolio_cannot_take_is_refused(db) {
        let app = App::start(db).await;
        let (a, b) = (app.new_portfolio("A").await, app.new_portfolio("B").await);
        let nike = app.new_security("NKE").await;
        let path = format!("/v1/portfolios/{a}/transactions");
        let done = app.post(&path, &json!([
            trade("buy", "2024-01-03", &nike, "10", "20"),
            transfer("2024-02-02", &b, json!({"security_id": nike, "quantity": "4"})),
        ])).await.expect(201).json();
        let sold = trade("sell", "2024-03-01", &nike, "4", "30");
        app.post(&format!("/v1/portfolios/{b}/transactions"), &sold).await.expect(201);
        let out = done["transactions"][1]["id"].as_str().unwrap();
        let problem = app.post(&format!("{path}/{out}/void"), &json!({})).await.problem(422, "not_bookable");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("`B`") && detail.contains("2024-03-01"), "{detail}");
        let ledger = app.portfolio_with_books().await;
        let cash = |to: &str| transfer("2024-02-02", to, json!({"amount": "-1"}));
        app.post(&path, &cash(&ledger)).await.problem(409, "portfolio_follows_ledger");
        let nobodys = uuid::Uuid::now_v7().to_string();
        app.post(&path, &cash(&nobodys)).await.problem(404, "portfolio_not_found");
        let problem = app.post(&path, &cash(&a)).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/0/terms/to");
    }

    async fn a_share_to_trade_reaches_no_other_portfolio(db) {
        let app = App::start(db).await;
        let (a, b) = (app.new_portfolio("A").await, app.new_portfolio("B").await);
        let nike = app.new_security("NKE").await;
        let path = format!("/v1/portfolios/{a}/transactions");
        let done = app.post(&path, &json!([
            trade("buy", "2024-01-03", &nike, "10", "20"),
            transfer("2024-02-02", &b, json!({"security_id": nike, "quantity": "4"})),
        ])).await.expect(201).json();
        let ada = app.someone("ada@example.org", UserRole::User).await;
        for shared in [&a, &b] {
            let body = json!({"email": "ada@example.org", "permission": "trade"});
            app.post(&format!("/v1/portfolios/{shared}/shares"), &body).await.expect(201);
        }
        let post = async |path: &str, body: &Value| {
            app.send(app.request_as(&ada, Method::POST, path).json(body)).await
        };
        let cash = transfer("2024-02-02", &b, json!({"amount": "-1"}));
        post(&path, &cash).await.problem(404, "portfolio_not_found");
        let out = done["transactions"][1]["id"].as_str().unwrap();
        post(&format!("{path}/{out}/void"), &json!({})).await.problem(403, "permission_denied");
        let older = trade("buy", "2023-01-03", &nike, "10", "5");
        post(&path, &older).await.problem(403, "permission_denied");
        post(&path, &trade("sell", "2024-03-01", &nike, "1", "30")).await.expect(201);
    }
}
