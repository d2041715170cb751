use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, books::id_of};

pub fn trade(kind: &str, day: &str, security: &str, quantity: &str, price: &str) -> Value {
    json!({
        "kind": kind, "trade_date": day, "security_id": security, "quantity": quantity,
        "price": price, "currency": "USD",
    })
}

/// Units that leave the portfolio's accounts at no price.
const MOVED: &str = r#"
2030-01-01 open Assets:Elsewhere
2030-01-02 * "Move"
  Assets:Broker:NKE -1 NKE {}
  Assets:Elsewhere   1 NKE {50 USD, 2024-01-03}
"#;

pub struct Books {
    pub app: App,
    pub path: String,
    pub security: String,
}

impl Books {
    pub async fn open(app: App) -> Self {
        let portfolio = app.new_portfolio("Main").await;
        let security = app.new_security("NKE").await;
        let path = format!("/v1/portfolios/{portfolio}");
        Self {
            app,
            path,
            security,
        }
    }

    pub async fn record(&self, body: &Value) -> Value {
        let path = format!("{}/transactions", self.path);
        self.app.post(&path, body).await.expect(201).json()
    }

    pub fn trade(&self, kind: &str, day: &str, quantity: &str, price: &str) -> Value {
        trade(kind, day, &self.security, quantity, price)
    }

    pub async fn get(&self, path: &str) -> Value {
        let path = format!("{}{path}", self.path);
        self.app.get(&path).await.expect(200).json()
    }
}

on_both_engines! {
    async fn transactions_are_recorded_listed_and_voided(db) {
        let books = Books::open(App::start(db).await).await;
        let deposit = json!({
            "kind": "deposit", "trade_date": "2024-01-02", "amount": "1000", "currency": "USD",
        });
        let one = books.record(&deposit).await;
        assert_eq!(one["books_revision"], 1);
        assert_eq!(one["transactions"][0]["amount"], "1000");
        let two = books.record(&json!([
            books.trade("buy", "2024-01-03", "10", "20"),
            books.trade("sell", "2024-02-03", "4", "30"),
        ])).await;
        assert_eq!(two["books_revision"], 2);
        assert_eq!(two["transactions"][1]["quantity"], "-4");
        assert_eq!(two["transactions"][1]["amount"], "120");

        let lots = books.get("/lots").await;
        assert_eq!(lots["items"][0]["quantity"], "6");
        assert_eq!(lots["items"][0]["cost_basis"], "120");
        let gains = books.get("/realized-gains?year=2024").await;
        assert_eq!(gains["items"][0]["realized_gain"], "40");
        assert_eq!(gains["totals"]["currencies"]["USD"]["short_term"], "40");
        assert_eq!(gains["totals"]["base"]["short_term"], "40");
        assert_eq!(books.get("/realized-gains?year=2025").await["items"], json!([]));

        let bought = id_of(&two["transactions"][0]);
        let path = format!("{}/transactions/{bought}/void", books.path);
        let refused = books.app.post(&path, &json!({})).await.problem(422, "not_bookable");
        let sold = id_of(&two["transactions"][1]);
        assert_eq!(refused["errors"][0]["pointer"], format!("/transactions/{sold}"));
        let path = format!("{}/transactions/{sold}/void", books.path);
        let voided = books.app.post(&path, &json!({})).await.expect(200).json();
        assert_eq!(voided["voided_revision"], 3);
        books.app.post(&path, &json!({})).await.problem(409, "transaction_voided");
        assert_eq!(books.get("/lots").await["items"][0]["quantity"], "10");
        let listed = books.get("/transactions?kind=sell").await;
        assert_eq!(listed["items"][0]["voided_at"], voided["voided_at"]);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }

    async fn another_method_is_asked_and_nothing_changes(db) {
        let books = Books::open(App::start(db).await).await;
        books.record(&json!([
            books.trade("buy", "2024-01-02", "1", "10"),
            books.trade("buy", "2024-01-03", "1", "20"),
            books.trade("sell", "2025-02-03", "1", "15"),
        ])).await;
        for (method, gain, is_long_term) in
            [("fifo", "5", true), ("lifo", "-5", true), ("average", "0", true)]
        {
            let gains = books.get(&format!("/realized-gains?method={method}")).await;
            assert_eq!(gains["method"], method);
            assert_eq!(gains["items"][0]["realized_gain"], gain, "{method}");
            assert_eq!(gains["items"][0]["is_long_term"], is_long_term);
        }
        let path = format!("{}/realized-gains?method=specific", books.path);
        books.app.get(&path).await.problem(422, "not_bookable");
        assert_eq!(books.get("/realized-gains").await["items"][0]["realized_gain"], "5");
        assert_eq!(books.get("").await["books_revision"], 1);
    }

    async fn a_loss_beside_a_purchase_is_told(db) {
        let books = Books::open(App::start(db).await).await;
        books.record(&json!([
            books.trade("buy", "2024-01-02", "10", "10"),
            books.trade("sell", "2024-06-01", "10", "8"),
            books.trade("buy", "2024-07-01", "10", "9"),
            books.trade("sell", "2024-09-01", "10", "7"),
        ])).await;
        let gains = books.get("/realized-gains").await;
        let washed: Vec<&Value> =
            gains["items"].as_array().unwrap().iter().map(|gain| &gain["is_wash_sale"]).collect();
        assert_eq!(washed, [&json!(true), &json!(false)]);
    }

    async fn what_was_known_then_is_answered_again(db) {
        let books = Books::open(App::start(db).await).await;
        let bought = books.trade("buy", "2024-01-02", "10", "10");
        let first = books.record(&bought).await;
        let before = books.app.get(&format!("{}/lots", books.path)).await.expect(200).text;
        let known_at = first["transactions"][0]["recorded_at"].as_str().unwrap().to_owned();
        let corrected = json!({
            "corrects": first["transactions"][0]["id"], "kind": "buy", "trade_date": "2024-01-02",
            "security_id": books.security, "quantity": "9", "price": "10", "currency": "USD",
        });
        books.record(&corrected).await;
        assert_eq!(books.get("/lots").await["items"][0]["quantity"], "9");
        let path = format!("{}/lots?known_at={known_at}", books.path);
        assert_eq!(books.app.get(&path).await.expect(200).text, before);
        assert_eq!(books.app.get(&path).await.expect(200).text, before);

        books.app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let now = books.get("/positions").await;
        let then = books.get(&format!("/positions?known_at={known_at}")).await;
        assert_eq!((&now["items"][0]["quantity"], &then["items"][0]["quantity"]), (&json!("9"), &json!("10")));
        assert_eq!((&now["provenance"]["books_revision"], &then["provenance"]["books_revision"]), (&json!(2), &json!(1)));
    }

    async fn a_recorded_portfolio_goes_with_its_corrections(db) {
        let books = Books::open(App::start(db).await).await;
        let bought = books.record(&books.trade("buy", "2024-01-02", "10", "10")).await;
        let mut corrected = books.trade("buy", "2024-01-02", "9", "10");
        corrected["corrects"] = bought["transactions"][0]["id"].clone();
        books.record(&corrected).await;
        books.app.delete(&books.path).await.expect(204);
        books.app.get(&books.path).await.problem(404, "portfolio_not_found");
    }

    async fn what_is_wrong_is_named_with_its_place(db) {
        let books = Books::open(App::start(db).await).await;
        let path = format!("{}/transactions", books.path);
        let good = books.trade("buy", "2024-01-02", "10", "10");
        for (field, value, pointer) in [
            ("quantity", json!("0"), "/1/quantity"),
            ("quantity", json!("-1"), "/1/quantity"),
            ("amount", json!("5"), "/1/amount"),
            ("currency", json!("usd"), "/1/currency"),
            ("fee", json!("-1"), "/1/fee"),
            ("fx_rate", json!("1.2"), "/1/fx_rate"),
            ("narration", json!(""), "/1/narration"),
            ("terms", json!({"ratio": {"new": "2", "old": "1"}}), "/1/terms/ratio"),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            let refused = books.app.post(&path, &json!([good, bad])).await;
            let problem = refused.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
        }
        let sold = books.trade("sell", "2024-01-02", "10", "10");
        books.app.post(&path, &sold).await.problem(422, "not_bookable");
        let unknown = trade("buy", "2024-01-02", "0190b7a0-0000-7000-8000-000000000000", "1", "1");
        books.app.post(&path, &unknown).await.problem(404, "security_not_found");
        assert_eq!(books.get("/transactions").await["items"], json!([]));
        assert_eq!(books.get("").await["books_revision"], 0);
    }

    async fn a_portfolio_is_recorded_or_follows_a_ledger(db) {
        let app = App::start(db).await;
        let imported = app.portfolio_with_books().await;
        let path = format!("/v1/portfolios/{imported}/transactions");
        let deposit = json!({
            "kind": "deposit", "trade_date": "2024-01-02", "amount": "1", "currency": "USD",
        });
        app.post(&path, &deposit).await.problem(409, "portfolio_follows_ledger");
        app.get(&format!("/v1/portfolios/{imported}/lots")).await.expect(200);
        app.get(&format!("/v1/portfolios/{imported}/realized-gains")).await.expect(200);
        let asked = format!("/v1/portfolios/{imported}/lots?method=fifo");
        assert_eq!(app.get(&asked).await.expect(200).json()["method"], "fifo");
        let moved = app.new_portfolio("Moved").await;
        let ledger = format!("{}{MOVED}", crate::app::books::LEDGER);
        app.import(&moved, &ledger, "Assets:Broker").await;
        let asked = format!("/v1/portfolios/{moved}/lots?method=fifo");
        let problem = app.get(&asked).await.problem(409, "portfolio_follows_ledger");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("2030-01-02 “Move”"), "{detail}");

        let recorded = app.new_portfolio("Recorded").await;
        let path = format!("/v1/portfolios/{recorded}");
        app.post(&format!("{path}/transactions"), &deposit).await.expect(201);
        let imports = format!("{path}/imports?accounts=Assets:Broker");
        let refused = app.upload(&imports, "text/plain", crate::app::books::LEDGER.to_owned()).await;
        refused.problem(409, "portfolio_is_recorded");
        assert_eq!(app.get(&path).await.json()["is_recorded"], true);
    }
}
