//! Books as files over REST.

use entity::values::UserRole;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, books::id_of};

const FORMATS: [(&str, &str); 4] = [
    ("beancount", "text/plain; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("json", "application/json"),
    ("parquet", "application/vnd.apache.parquet"),
];

/// A transaction of a document as it is posted: `docs/export.md`.
fn postable(item: &Value) -> Value {
    const KEPT: [&str; 16] = [
        "kind",
        "security_id",
        "trade_date",
        "settle_date",
        "pay_date",
        "ex_date",
        "quantity",
        "price",
        "amount",
        "currency",
        "fee",
        "tax",
        "fx_rate",
        "narration",
        "external_id",
        "terms",
    ];
    let members = KEPT.iter().filter(|name| !item[**name].is_null());
    let mut body: Value = members
        .map(|name| ((*name).to_owned(), item[*name].clone()))
        .collect();
    let units = item["quantity"].as_str().unwrap().trim_start_matches('-');
    body["quantity"] = units.into();
    body
}

async fn recorded_books(app: &App) -> String {
    let portfolio = app.new_portfolio("Main").await;
    let nike = app.new_security("NKE").await;
    let body = json!([
        {"kind": "deposit", "trade_date": "2024-01-02", "amount": "1000", "currency": "USD", "narration": "=1+1"},
        {"kind": "buy", "trade_date": "2024-01-03", "security_id": nike, "quantity": "3", "price": "33",
            "fee": "1", "currency": "USD"},
        {"kind": "split", "trade_date": "2024-02-01", "security_id": nike, "currency": "USD",
            "terms": {"ratio": {"new": "2", "old": "1"}}},
        {"kind": "sell", "trade_date": "2024-03-01", "security_id": nike, "quantity": "1", "price": "50",
            "currency": "USD", "external_id": "x1"},
    ]);
    let path = format!("/v1/portfolios/{portfolio}/transactions");
    app.post(&path, &body).await.expect(201);
    portfolio
}

on_both_engines! {
    async fn books_are_exported_in_each_format(db) {
        let app = App::start(db).await;
        for portfolio in [recorded_books(&app).await, app.portfolio_with_books().await] {
            for (format, media_type) in FORMATS {
                let path = format!("/v1/portfolios/{portfolio}/export?format={format}");
                let reply = app.get(&path).await.expect(200);
                assert_eq!(reply.header("content-type"), Some(media_type));
                assert_eq!(reply.header("tallystick-books-revision"), Some("1"));
                let name = format!("attachment; filename=\"{portfolio}.{format}\"");
                assert_eq!(reply.header("content-disposition"), Some(name.as_str()));
                assert!(!reply.text.is_empty());
            }
        }
    }

    async fn a_document_has_what_the_list_has_and_can_be_posted(db) {
        let app = App::start(db).await;
        let portfolio = recorded_books(&app).await;
        let path = format!("/v1/portfolios/{portfolio}");
        let document = app.get(&format!("{path}/export?format=json")).await.expect(200).json();
        let listed = app.get(&format!("{path}/transactions")).await.json();
        assert_eq!(document["transactions"], listed["items"]);
        let lots = app.get(&format!("{path}/lots")).await.json();
        let (told, listed) = (&document["lots"][0], &lots["items"][0]);
        assert!(told.as_object().unwrap().len() >= 8, "{told}");
        for (name, figure) in told.as_object().unwrap() {
            assert_eq!(figure, &listed[name], "{name}");
        }

        let made = app.post("/v1/portfolios", &json!({"name": "Again", "base_currency": "USD"})).await;
        let again = format!("/v1/portfolios/{}", id_of(&made.expect(201).json()));
        let items = document["transactions"].as_array().unwrap();
        let body: Value = items.iter().map(postable).collect();
        app.post(&format!("{again}/transactions"), &body).await.expect(201);
        let figures = |lots: &Value| lots["items"][0]["cost_basis"].clone();
        let copied = app.get(&format!("{again}/lots")).await.json();
        assert_eq!(figures(&copied), figures(&lots));
    }

    async fn an_export_is_of_a_day_or_as_it_was_known(db) {
        let app = App::start(db).await;
        let portfolio = recorded_books(&app).await;
        let path = format!("/v1/portfolios/{portfolio}/export?format=json");
        let early = app.get(&format!("{path}&asof=2024-01-02")).await.expect(200).json();
        assert_eq!(early["transactions"].as_array().unwrap().len(), 1);
        let unknown = app.get(&format!("{path}&known_at=2001-01-01T00:00:00Z")).await.expect(200);
        assert_eq!(unknown.header("tallystick-books-revision"), Some("0"));
        assert_eq!(unknown.json()["transactions"], json!([]));
        app.get(&format!("/v1/portfolios/{portfolio}/export")).await.problem(400, "parameter_invalid");
        app.get(&format!("/v1/portfolios/{portfolio}/export?format=pdf")).await
            .problem(400, "parameter_invalid");
    }

    async fn anothers_books_are_exported_where_they_are_shared(db) {
        let app = App::start(db).await;
        let portfolio = recorded_books(&app).await;
        let ada = app.someone("ada@example.org", UserRole::User).await;
        let path = format!("/v1/portfolios/{portfolio}/export?format=csv");
        let hers = || app.request_as(&ada, Method::GET, &path);
        app.send(hers()).await.problem(404, "portfolio_not_found");
        let share = json!({"email": "ada@example.org", "permission": "read"});
        app.post(&format!("/v1/portfolios/{portfolio}/shares"), &share).await.expect(201);
        let reply = app.send(hers()).await.expect(200);
        assert_eq!(reply.text, app.get(&path).await.text);
    }
}
