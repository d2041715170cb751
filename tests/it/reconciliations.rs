//! Books held against the ledger, and what becomes of the pack.

use std::{fs, process::Command};

use entity::values::UserRole;
use identity::Scope;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{
    App, Reply,
    books::{LEDGER, id_of},
    people::client_with,
};

const ACCOUNTS: &str = "accounts=Assets:Broker";
const PRICE: &str = "2025-10-21 price NKE 74.5 USD\n";

fn with_price(ledger: &str) -> String {
    format!("{ledger}{PRICE}")
}

async fn reconcile(app: &App, portfolio: &str, query: &str, ledger: &str) -> Reply {
    let path = format!("/v1/portfolios/{portfolio}/reconciliations?{query}");
    app.upload(&path, "text/plain", ledger.to_owned()).await
}

/// A warming pack with this price of NKE.
async fn warming(app: &App, asof: &str, price: &str) -> String {
    let pack = app.new_pack(asof).await;
    app.load_prices(&pack, &format!("NKE,{price},USD")).await;
    pack
}

async fn execute(app: &App, portfolio: &str) -> Reply {
    let run = json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio});
    app.post("/v1/execute", &run).await
}

on_both_engines! {
    async fn books_that_agree_pass_and_the_pack_says_so(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let pack = warming(&app, "2025-10-21", "74.5").await;
        let reply = reconcile(&app, &portfolio, ACCOUNTS, &with_price(LEDGER)).await.expect(201);
        let made = reply.json();
        assert_eq!((&made["passed"], &made["error_bps"]), (&json!(true), &json!("0")), "{made:#}");
        assert_eq!((&made["is_in_pack"], &made["difference_count"]), (&json!(true), &json!(0)));
        assert_eq!(made["provenance"]["pricing_pack_id"], pack);
        assert_eq!(made["provenance"]["books_revision"], 1);
        assert_eq!(made["accounts"], json!(["Assets:Broker"]));
        let stored = app.get(reply.header("location").unwrap()).await.expect(200).json();
        assert_eq!(stored, made);

        let warming = app.get("/health/pack").await.expect(503).json();
        assert_eq!(warming["reconciliation_error_bps"], "0");
        let fresh = app.mark_fresh(&pack).await;
        assert_eq!(fresh["reconciliation_passed"], true);
        assert_eq!(fresh["hash"], made["provenance"]["pack_hash"]);
        execute(&app, &portfolio).await.expect(200);
    }

    async fn a_value_that_is_off_closes_the_gate(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let older = warming(&app, "2025-10-20", "74.5").await;
        app.mark_fresh(&older).await;
        execute(&app, &portfolio).await.expect(200);

        // 0.01 of 74.50 is 1.3423 bp.
        let pack = warming(&app, "2025-10-21", "74.51").await;
        let made = reconcile(&app, &portfolio, ACCOUNTS, &with_price(LEDGER)).await.expect(201).json();
        assert_eq!((&made["passed"], &made["error_bps"]), (&json!(false), &json!("1.3423")), "{made:#}");
        assert_eq!(made["differences"][0]["kind"], "value");
        assert_eq!(made["first_difference"], Value::Null);

        let health = app.get("/health/pack").await.expect(500).json();
        assert_eq!((&health["status"], &health["pack_id"]), (&json!("error"), &json!(pack)));
        assert_eq!(health["reconciliation_error_bps"], "1.3423");
        let shown = app.get(&format!("/v1/packs/{pack}")).await.expect(200).json();
        assert_eq!(shown["reconciliation_failed"], true);
        let message = shown["error_message"].as_str().unwrap();
        assert!(message.contains("value (1)") && !message.contains("NKE"), "{message}");
        execute(&app, &portfolio).await.problem(503, "pricing_pack_error");
        let path = format!("/v1/packs/{pack}/fresh");
        app.send(app.request(Method::POST, &path)).await.problem(409, "pricing_pack_not_warming");
    }

    async fn the_first_transaction_that_differs_is_named(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let theirs = with_price(&LEDGER.replace("Cash      5 USD", "Cash      6 USD"));
        let query = format!("{ACCOUNTS}&name=books.beancount");
        let made = reconcile(&app, &portfolio, &query, &theirs).await.expect(201).json();
        assert_eq!((&made["passed"], &made["is_in_pack"]), (&json!(false), &json!(false)));
        let first = &made["first_difference"];
        assert_eq!((&first["date"], &first["kind"]), (&json!("2024-06-03"), &json!("cash")), "{made:#}");
        assert_eq!((&first["ours"]["amount"], &first["ledger"]["amount"]), (&json!("5"), &json!("6")));
        let line = 1 + theirs.lines().position(|line| line.contains("\"Dividend\"")).unwrap();
        assert_eq!(first["ledger"]["line"], line);
        assert_eq!(first["ledger"]["file"], "books.beancount");
        let path = format!("/v1/portfolios/{portfolio}/transactions");
        let known = app.get(&path).await.expect(200).json();
        let ids: Vec<&Value> = known["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        assert!(ids.contains(&&first["ours"]["id"]), "{made:#}");
    }

    async fn a_frozen_pack_stays_as_it_is(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let fresh = app.fresh_pack("2025-10-21", "NKE,74.51,USD").await;
        let made = reconcile(&app, &portfolio, ACCOUNTS, &with_price(LEDGER)).await.expect(201).json();
        assert_eq!((&made["passed"], &made["is_in_pack"]), (&json!(false), &json!(false)));
        let now = app.get("/v1/packs/PP_2025-10-21").await.expect(200).json();
        assert_eq!(now, fresh);
        execute(&app, &portfolio).await.expect(200);
    }

    async fn who_may_not_change_packs_keeps_it_to_themselves(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        let pack = warming(&app, "2025-10-21", "80").await;
        let before = app.get(&format!("/v1/packs/{pack}")).await.expect(200).json();
        let user = app.someone("user@example.org", UserRole::User).await;
        let token = app.people.api_token(app.user, &[Scope::BooksWrite]).await;
        let program = client_with(&token);
        for client in [&user.client, &program] {
            let new = json!({"name": uuid::Uuid::now_v7().to_string(), "base_currency": "USD"});
            let url = |path: &str| format!("{}{path}", app.url);
            let made = app.send(client.post(url("/v1/portfolios")).json(&new)).await.expect(201);
            let portfolio = id_of(&made.json());
            let path = url(&format!("/v1/portfolios/{portfolio}/reconciliations?{ACCOUNTS}"));
            let request = client.post(path).header("content-type", "text/plain");
            let made = app.send(request.body(with_price(LEDGER))).await.expect(201).json();
            assert_eq!((&made["passed"], &made["is_in_pack"]), (&json!(false), &json!(false)));
        }
        let after = app.get(&format!("/v1/packs/{pack}")).await.expect(200).json();
        assert_eq!(after, before);
    }

    async fn they_are_listed_the_newest_first(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let mut made = Vec::new();
        for _ in 0..3 {
            let one = reconcile(&app, &portfolio, ACCOUNTS, &with_price(LEDGER)).await.expect(201);
            made.push(one.json()["id"].clone());
        }
        made.reverse();
        let path = format!("/v1/portfolios/{portfolio}/reconciliations?limit=2");
        let page = app.get(&path).await.expect(200).json();
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = app.get(&format!("{path}&cursor={cursor}")).await.expect(200).json();
        assert_eq!(rest["next_cursor"], Value::Null);
        let items = [&page, &rest].map(|page| page["items"].as_array().unwrap().clone()).concat();
        let ids: Vec<Value> = items.iter().map(|one| one["id"].clone()).collect();
        assert_eq!(ids, made);
        assert!(items.iter().all(|one| one["passed"] == true));
    }

    async fn the_same_key_reconciles_once(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let path = format!("/v1/portfolios/{portfolio}/reconciliations?{ACCOUNTS}");
        let send = async || {
            let request = app.request(Method::POST, &path).header("idempotency-key", "a");
            let request = request.header("content-type", "text/plain").body(with_price(LEDGER));
            app.send(request).await.expect(201).json()
        };
        assert_eq!(send().await, send().await);
        let path = format!("/v1/portfolios/{portfolio}/reconciliations");
        let list = app.get(&path).await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }

    async fn anothers_portfolio_is_not_there(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let made = reconcile(&app, &portfolio, ACCOUNTS, &with_price(LEDGER)).await.expect(201);
        let path = made.header("location").unwrap().to_owned();
        let other = app.someone("other@example.org", UserRole::Admin).await;
        let request = app.request_as(&other, Method::GET, &path);
        app.send(request).await.problem(404, "portfolio_not_found");
        let path = format!("/v1/portfolios/{portfolio}/reconciliations?{ACCOUNTS}");
        let request = app.request_as(&other, Method::POST, &path);
        let request = request.header("content-type", "text/plain").body(with_price(LEDGER));
        app.send(request).await.problem(404, "portfolio_not_found");
        let unknown = format!("/v1/portfolios/{portfolio}/reconciliations/{}", uuid::Uuid::now_v7());
        app.get(&unknown).await.problem(404, "reconciliation_not_found");
    }

    async fn what_cannot_be_compared_is_refused(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let refused = reconcile(&app, &portfolio, ACCOUNTS, LEDGER).await;
        refused.problem(404, "pricing_pack_not_found");
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let query = format!("{ACCOUNTS}&pack_id=PP_2020-01-01");
        reconcile(&app, &portfolio, &query, LEDGER).await.problem(404, "pricing_pack_not_found");
        let query = format!("{ACCOUNTS}&asof=2025-10-20");
        reconcile(&app, &portfolio, &query, LEDGER).await.problem(404, "pricing_pack_not_found");
        reconcile(&app, &portfolio, "", LEDGER).await.problem(400, "parameter_invalid");
        let query = format!("{ACCOUNTS}&format=csv");
        reconcile(&app, &portfolio, &query, LEDGER).await.problem(400, "parameter_invalid");
        let refused = reconcile(&app, &portfolio, "accounts=Assets:Bank", LEDGER).await;
        refused.problem(422, "ledger_invalid");
        reconcile(&app, &portfolio, ACCOUNTS, "2024-01-01 opne A").await.problem(422, "ledger_invalid");
        reconcile(&app, &portfolio, ACCOUNTS, "").await.problem(422, "validation_failed");
        let list = app.get(&format!("/v1/portfolios/{portfolio}/reconciliations")).await.expect(200);
        assert_eq!(list.json()["items"], json!([]));
    }

    async fn the_services_own_ledger_is_for_administrators(db) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("books.beancount");
        fs::write(&file, with_price(LEDGER)).unwrap();
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            let identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
            git.arg("-C").arg(folder.path()).args(identity).args(arguments);
            assert!(git.output().unwrap().status.success(), "{arguments:?}");
        };
        git(&["init"]);
        git(&["add", "."]);
        git(&["commit", "-m", "Begin"]);
        let app = App::start_with(db, |config| config.ledger_path = Some(file.clone())).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let made = reconcile(&app, &portfolio, ACCOUNTS, "").await.expect(201).json();
        assert_eq!(made["passed"], true, "{made:#}");
        let commit = made["provenance"]["ledger_commit_hash"].as_str().unwrap();
        assert_eq!(commit.len(), 40);
        let given = reconcile(&app, &portfolio, ACCOUNTS, &with_price(LEDGER)).await.expect(201).json();
        assert_eq!(given["ledger_hash"], made["ledger_hash"]);
        assert_eq!(given["provenance"]["ledger_commit_hash"], Value::Null);

        let manager = app.someone("manager@example.org", UserRole::Manager).await;
        let new = json!({"name": "Own", "base_currency": "USD"});
        let request = app.request_as(&manager, Method::POST, "/v1/portfolios").json(&new);
        let own = id_of(&app.send(request).await.expect(201).json());
        let path = format!("/v1/portfolios/{own}/reconciliations?{ACCOUNTS}");
        let refused = app.send(app.request_as(&manager, Method::POST, &path)).await;
        refused.problem(403, "permission_denied");
    }
}
