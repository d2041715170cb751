//! Portfolios that are shared with another user.

use entity::values::UserRole;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, Reply, Someone, books::LEDGER};

const ADA: &str = "ada@example.org";

async fn ask(app: &App, who: &Someone, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = app.request_as(who, method, path);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    app.send(request).await
}

async fn get(app: &App, who: &Someone, path: &str) -> Reply {
    ask(app, who, Method::GET, path, None).await
}

async fn share(app: &App, portfolio: &str, permission: &str) -> Reply {
    let share = json!({"email": ADA, "permission": permission});
    app.post(&format!("/v1/portfolios/{portfolio}/shares"), &share)
        .await
}

on_both_engines! {
    async fn a_share_to_read_shows_the_portfolio_and_nothing_else(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let ada = app.someone(ADA, UserRole::User).await;
        let path = format!("/v1/portfolios/{portfolio}");
        let positions = format!("{path}/positions");
        get(&app, &ada, &path).await.problem(404, "portfolio_not_found");
        get(&app, &ada, &positions).await.problem(404, "portfolio_not_found");

        share(&app, &portfolio, "read").await.expect(201);
        get(&app, &ada, &path).await.expect(200);
        let hers = get(&app, &ada, &positions).await.expect(200);
        assert_eq!(hers.text, app.get(&positions).await.text);
        get(&app, &ada, &format!("{path}/cash-flows")).await.expect(200);
        let run = json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio});
        ask(&app, &ada, Method::POST, "/v1/execute", Some(run)).await.expect(200);
        let listed = get(&app, &ada, "/v1/portfolios").await.json();
        assert_eq!(listed["items"], json!([]), "the list is of one's own");
        let shared = get(&app, &ada, "/v1/shared-portfolios").await.json();
        assert_eq!(shared["items"][0]["portfolio_id"], portfolio.as_str());
        assert_eq!(shared["items"][0]["owner_email"], "owner@example.org");

        let import = app.request_as(&ada, Method::POST, &format!("{path}/imports?accounts=Assets:Broker"));
        let import = app.send(import.header("content-type", "text/plain").body(LEDGER)).await;
        import.problem(403, "permission_denied");
        let rename = Some(json!({"name": "Hers"}));
        ask(&app, &ada, Method::PATCH, &path, rename).await.problem(404, "portfolio_not_found");
        ask(&app, &ada, Method::DELETE, &path, None).await.problem(404, "portfolio_not_found");
        let further = Some(json!({"email": "eve@example.org", "permission": "read"}));
        ask(&app, &ada, Method::POST, &format!("{path}/shares"), further).await
            .problem(404, "portfolio_not_found");
    }

    async fn a_share_ends_at_once(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Main").await;
        let ada = app.someone(ADA, UserRole::User).await;
        let path = format!("/v1/portfolios/{portfolio}");
        share(&app, &portfolio, "read").await.expect(201);
        let etag = get(&app, &ada, &path).await.expect(200).etag();
        app.delete(&format!("{path}/shares/{}", ada.id)).await.expect(204);
        let request = app.request_as(&ada, Method::GET, &path).header("if-none-match", etag);
        app.send(request).await.problem(404, "portfolio_not_found");
        app.delete(&format!("{path}/shares/{}", ada.id)).await.problem(404, "share_not_found");
        let shares = app.get(&format!("{path}/shares")).await.json();
        assert_eq!(shares["items"], json!([]));
    }

    async fn a_share_to_trade_lets_transactions_in_for_the_owner(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Main").await;
        let ada = app.someone(ADA, UserRole::User).await;
        share(&app, &portfolio, "read").await.expect(201);
        share(&app, &portfolio, "trade").await.expect(201);
        let path = format!("/v1/portfolios/{portfolio}/imports?accounts=Assets:Broker");
        let import = |key: &str| {
            let request = app.request_as(&ada, Method::POST, &path).header("idempotency-key", key);
            app.send(request.header("content-type", "text/plain").body(LEDGER))
        };
        let first = import("k").await.expect(201);
        assert_eq!(import("k").await.text, first.text);
        let of_owner = app.get(first.header("location").unwrap()).await.expect(200).json();
        assert_eq!(of_owner["portfolio_id"], portfolio.as_str());
        // The owner's own key of the same name is another.
        let own = app.request(Method::POST, &path).header("idempotency-key", "k");
        let own = app.send(own.header("content-type", "text/plain").body(LEDGER)).await.expect(200);
        assert_eq!(own.json()["transactions"], 0);
    }

    async fn entering_is_written_down_once_a_request(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Main").await;
        let ada = app.someone(ADA, UserRole::User).await;
        let path = format!("/v1/portfolios/{portfolio}");
        share(&app, &portfolio, "read").await.expect(201);
        let request = app.request_as(&ada, Method::GET, &path).header("x-request-id", "entering-1");
        app.send(request).await.expect(200);
        let log = app.get("/v1/audit?action=portfolio.enter").await.json();
        let rows = log["items"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "{log}");
        assert_eq!(rows[0]["actor_user_id"], json!(ada.id));
        assert_eq!(rows[0]["request_id"], "entering-1");
        assert_eq!(rows[0]["details"]["operation"], "get_portfolio");
        assert_eq!(rows[0]["outcome"], "done");
    }

    async fn what_cannot_be_shared_is_said(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Main").await;
        share(&app, &portfolio, "read").await.problem(404, "user_not_found");
        let path = format!("/v1/portfolios/{portfolio}/shares");
        let own = json!({"email": "owner@example.org", "permission": "read"});
        app.post(&path, &own).await.problem(422, "validation_failed");
        let all = json!({"email": ADA, "permission": "all"});
        app.post(&path, &all).await.problem(400, "body_invalid");
        let ada = app.someone(ADA, UserRole::User).await;
        share(&app, &portfolio, "read").await.expect(201);
        app.delete(&format!("/v1/portfolios/{portfolio}")).await.expect(204);
        let left = get(&app, &ada, "/v1/shared-portfolios").await.json();
        assert_eq!(left["items"], json!([]), "shares go with their portfolio");
    }
}
