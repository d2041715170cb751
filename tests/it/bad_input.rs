//! Nasty values in every place of every request: an answer each time, and never a fault of ours.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::App;

/// As they stand in a URL.
fn nasty_in_urls() -> Vec<String> {
    let mut values: Vec<String> = [
        "%00",
        "a%00b",
        "%FF%FE",
        "%C3%28",
        "%F0%9F%92%B0",
        "..",
        "%2e%2e%2f",
        "%2F",
        "'",
        "%22",
        "%27%20OR%201=1--",
        "0",
        "-1",
        "1e400",
        "99999999999999999999999999",
        "NaN",
        "null",
        "true",
        "2025-02-30",
        "9999-99-99",
        "0000-00-00",
        "-9999-01-01",
        "+12345-01-01",
        "%25",
        "%5C",
        "_",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "%E2%80%AE",
        "%7B%7D",
        "%5B%5D",
        "%3Cscript%3E",
        "a,b,,c",
        ",",
        "%0D%0ASet-Cookie:x",
        "PP_2025-10-21",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push("x".repeat(201));
    values.push("x".repeat(5_000));
    values.push("%E2%82%AC".repeat(3_000));
    values
}

/// As they stand in JSON.
fn nasty_in_json() -> Vec<String> {
    let mut values: Vec<String> = [
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "1e308",
        "123456789012345678901234567890",
        "0.1",
        "\"\"",
        "[]",
        "{}",
        "[[[[]]]]",
        "\"\\u0000\"",
        "\"a\\u0000b\"",
        "\"\\ud800\"",
        "\"\\uDBFF\\uDFFF\"",
        "\"\\u202e\"",
        "\" \"",
        "\"\\n\"",
        "\"NaN\"",
        "\"1e400\"",
        "\"9999-99-99\"",
        "\"2025-02-30\"",
        "\"-0001-01-01\"",
        "\"99999-01-01\"",
        "\"' OR 1=1 --\"",
        "{\"a\\u0000\":1}",
        "{\"a\":[\"\\u0000\"]}",
        "\"00000000-0000-0000-0000-000000000000\"",
        "\"USD\"",
        "\"PP_x\"",
        "\"portfolio_overview\"",
        "{\"largest\":1e308}",
        "{\"largest\":18446744073709551615}",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push(format!("\"{}\"", "x".repeat(100_000)));
    values.push(format!("\"{}\"", "€".repeat(201)));
    values.push(format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    values.push(format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120)));
    values.push("9".repeat(10_000));
    values
}

async fn with_everything(db: testkit::TestDatabase) -> (App, Value) {
    let app = App::start(db).await;
    let portfolio = app.portfolio_with_books().await;
    app.fresh_pack("2025-10-20", "NKE,70,USD").await;
    app.new_pack("2025-10-21").await;
    let body = json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio, "require_fresh": false});
    let run = app.post("/v1/execute", &body).await.expect(200).json();
    let document = app.get("/openapi.json").await.json();
    (
        app,
        json!({"portfolio": portfolio, "execution": run["execution_id"], "document": document}),
    )
}

#[track_caller]
fn is_no_fault(reply: &crate::app::Reply, what: &str) {
    let shown: String = what.chars().take(200).collect();
    let gate = reply.status == 503 && reply.text.contains("pricing_pack_");
    assert!(
        reply.status < 500 || gate,
        "{} for {shown}\n{}",
        reply.status,
        reply.text
    );
    if reply.status >= 400 && !reply.text.is_empty() {
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json"),
            "{shown}"
        );
        reply.json();
    }
}

on_both_engines! {
    async fn no_parameter_of_a_url_breaks_anything(db) {
        let (app, known) = with_everything(db).await;
        for (path, item) in known["document"]["paths"].as_object().unwrap() {
            if path.starts_with("/health") || !item["get"].is_object() {
                continue;
            }
            for value in nasty_in_urls() {
                let named: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
                for name in &named {
                    let url = fill(path, &known, Some((name, &value)));
                    is_no_fault(&app.get(&url).await, &url);
                }
                for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
                    if parameter["in"] == "query" {
                        let name = parameter["name"].as_str().unwrap();
                        let url = format!("{}?{name}={value}", fill(path, &known, None));
                        is_no_fault(&app.get(&url).await, &url);
                    }
                }
                let url = format!("{}?{value}=1", fill(path, &known, None));
                is_no_fault(&app.get(&url).await, &url);
            }
        }
    }

    async fn no_member_of_a_body_breaks_anything(db) {
        let (app, known) = with_everything(db).await;
        let portfolio = known["portfolio"].as_str().unwrap();
        let valid_bodies = [
            (Method::POST, "/v1/portfolios".to_owned(), json!({
                "name": "N", "base_currency": "USD", "lot_method": "fifo", "benchmark_security_id": null,
            })),
            (Method::PATCH, format!("/v1/portfolios/{portfolio}"), json!({
                "name": "N", "base_currency": "USD", "lot_method": "fifo", "benchmark_security_id": null,
                "is_active": true,
            })),
            (Method::POST, "/v1/securities".to_owned(), json!({
                "symbol": "S", "name": "N", "kind": "equity", "currency": "USD", "exchange": "X",
                "isin": "I", "figi": "F", "sector": "S", "country": "US",
            })),
            (Method::POST, "/v1/packs".to_owned(), json!({
                "asof_date": "2025-10-20", "policy": "WM4PM_CAD", "sources": {},
            })),
            (Method::POST, "/v1/packs/PP_2025-10-20/error".to_owned(), json!({"message": "m"})),
            (Method::POST, "/v1/execute".to_owned(), json!({
                "pattern_id": "portfolio_overview", "inputs": {}, "portfolio_id": portfolio,
                "security_id": null, "asof_date": "2025-10-20", "pack_id": "PP_2025-10-20",
                "require_fresh": true,
            })),
        ];
        for (method, path, body) in valid_bodies {
            for value in nasty_in_json() {
                let whole = std::iter::once(value.clone());
                let members = body.as_object().unwrap().keys().map(|name| with_member(&body, name, &value));
                for text in whole.chain(members) {
                    let request = app.request(method.clone(), &path);
                    let reply = app
                        .send(request.header("content-type", "application/json").body(text.clone()))
                        .await;
                    is_no_fault(&reply, &format!("{method} {path} {text}"));
                }
            }
        }
    }

    async fn no_file_breaks_anything(db) {
        let (app, known) = with_everything(db).await;
        let portfolio = known["portfolio"].as_str().unwrap();
        let imports = format!("/v1/portfolios/{portfolio}/imports?accounts=Assets:Broker");
        let mut bodies: Vec<Vec<u8>> = [
            "", "\0", "\n", "\u{feff}", "\"", "\"\n", "symbol,close,currency\n\0,1,USD\n",
            "symbol,close,currency,source\nNKE,1,USD,a\0b\n", "symbol,close,currency\n\"NKE,1,USD\n",
            "symbol,close,currency,volume\nNKE,1,USD,1e999\n", "base,quote,rate\n\0\0\0,USD,1\n",
            "base,quote,rate,source\nUSD,CAD,1,\0\n",
            "{\"symbol\":\"\\u0000\",\"close\":\"1\",\"currency\":\"USD\"}\n",
            "{\"symbol\":\"NKE\",\"close\":\"1\",\"currency\":\"USD\",\"source\":\"\\u0000\"}\n",
            "{\"base\":\"USD\",\"quote\":\"CAD\",\"rate\":\"1\",\"source\":\"\\u0000\"}\n",
            "2024-01-01 open Assets:Broker:X\n  a: \"\\0\"\n", "\"\"\"\n", "((((((((\n", "2024-01-01 * ",
            "2024-01-01 * \"a\" \"b\"\n  Assets:Broker:X 1 USD {{{\n", "option \"x\" \"\n",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec();
        bodies.push(b"\xff\xfe\x00\x01".to_vec());
        bodies.push(b"symbol,close,currency\n\xff,1,USD\n".to_vec());
        bodies.push([b"symbol,close,currency\n".as_slice(), &b"x".repeat(1_000_000)].concat());
        bodies.push(b"{".repeat(100_000));
        bodies.push(b"(".repeat(100_000));
        bodies.push(b"2024-01-01 * \"x\"\n  Assets:Broker:Cash ".iter().copied().chain(b"(".repeat(10_000)).collect());
        for (path, content_type) in [
            ("/v1/packs/PP_2025-10-21/prices", "text/csv"),
            ("/v1/packs/PP_2025-10-21/prices", "application/x-ndjson"),
            ("/v1/packs/PP_2025-10-21/fx-rates", "text/csv"),
            ("/v1/packs/PP_2025-10-21/fx-rates", "application/x-ndjson"),
            (imports.as_str(), "text/plain"),
        ] {
            for body in &bodies {
                let reply = app.upload(path, content_type, body.clone()).await;
                is_no_fault(&reply, &format!("{path} {}", String::from_utf8_lossy(body)));
            }
        }
        let health = app.get("/health").await.expect(200).json();
        assert_eq!(health["status"], "healthy");
    }

    async fn a_client_that_goes_away_leaves_nothing_open(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        app.new_pack("2025-10-21").await;
        let url = format!("{}/v1/packs/PP_2025-10-21/prices", app.url);
        for _ in 0..20 {
            let endless = futures_util::stream::unfold(0, |n| async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Some((Ok::<_, std::io::Error>("symbol,close,currency\n".to_owned()), n + 1))
            });
            let body = reqwest::Body::wrap_stream(endless);
            let request = app.client.post(&url).header("content-type", "text/csv").body(body);
            assert!(tokio::time::timeout(Duration::from_millis(10), request.send()).await.is_err());
        }
        app.load_prices("PP_2025-10-21", "NKE,74.5,USD").await;
        app.mark_fresh("PP_2025-10-21").await;
    }
}

fn fill(path: &str, known: &Value, nasty: Option<(&str, &str)>) -> String {
    let usual = |name: &str| match name {
        "symbol" => "NKE".to_owned(),
        "code" => "name_taken".to_owned(),
        _ if path.starts_with("/v1/packs") => "PP_2025-10-20".to_owned(),
        _ if path.starts_with("/v1/patterns") => "portfolio_overview".to_owned(),
        _ if path.starts_with("/v1/executions") => known["execution"].as_str().unwrap().to_owned(),
        _ => known["portfolio"].as_str().unwrap().to_owned(),
    };
    let parts = path.split(['{', '}']).enumerate();
    parts
        .map(|(index, part)| match (index % 2, nasty) {
            (0, _) => part.to_owned(),
            (_, Some((name, value))) if name == part => value.to_owned(),
            _ => usual(part),
        })
        .collect()
}

/// The body with one member replaced by a text that may be no JSON.
fn with_member(body: &Value, name: &str, value: &str) -> String {
    let mut body = body.clone();
    body[name] = json!("@@");
    body.to_string().replace("\"@@\"", value)
}
