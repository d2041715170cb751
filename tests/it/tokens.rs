//! Usage of tokens over HTTP: counted once, summed up, exported as metrics.

use std::sync::Arc;

use chrono::{Days, Utc};
use entity::values::UserRole;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;
use uuid::Uuid;
use workflow::tokens::prices::{PriceList, TokenPrice};

use crate::app::App;

fn usage(request_id: &str, input: i64, output: i64) -> Value {
    json!({
        "scope": "reactive", "provider": "anthropic", "model": "small", "request_id": request_id,
        "input_tokens": input, "output_tokens": output,
    })
}

fn with(mut usage: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("{more} has no members")
    };
    usage.as_object_mut().unwrap().extend(more);
    usage
}

/// 3 USD for a million tokens of input, 15 for output.
fn prices() -> Arc<PriceList> {
    let price = TokenPrice {
        provider: "anthropic".to_owned(),
        model: "small".to_owned(),
        valid_from: "2026-01-01".parse().unwrap(),
        currency: "USD".to_owned(),
        input: "3".parse().unwrap(),
        cached_input: "0.3".parse().unwrap(),
        output: "15".parse().unwrap(),
        reasoning: "15".parse().unwrap(),
    };
    Arc::new(PriceList::new(vec![price]).unwrap())
}

async fn series(app: &App, start: &str) -> Vec<String> {
    let metrics = app.get("/metrics").await.expect(200).text;
    let lines = metrics.lines().filter(|line| line.starts_with(start));
    lines.map(str::to_owned).collect()
}

on_both_engines! {
    async fn usage_is_counted_with_what_it_costs(db) {
        let app = App::start_with(db, |config| config.token_prices = prices()).await;
        let body = with(usage("req-1", 1_000, 700), json!({
            "cached_input_tokens": 400, "reasoning_tokens": 500, "cost_amount": "0.0123", "cost_currency": "EUR",
            "meta": {"temperature": 0.5}, "used_at": "2026-02-03T04:05:06.789Z",
        }));
        let counted = app.post("/v1/tokens", &body).await.expect(201).json();
        assert_eq!(counted["counted"], 1);
        let item = &counted["items"][0];
        for (field, expected) in [
            ("total_tokens", json!(1_700)), ("operation", json!("chat")), ("thread_id", json!(null)),
            ("cost_amount", json!("0.0123")), ("cost_currency", json!("EUR")),
            ("computed_cost_amount", json!("0.01242")), ("computed_cost_currency", json!("USD")),
            ("price_valid_from", json!("2026-01-01")), ("meta", json!({"temperature": 0.5})),
            ("used_at", json!("2026-02-03T04:05:06.789Z")),
        ] {
            assert_eq!(item[field], expected, "{field}");
        }
        let listed = app.get("/v1/tokens").await.expect(200).json();
        assert_eq!(listed["items"], counted["items"]);
    }

    async fn a_request_counts_once(db) {
        let app = App::start(db).await;
        let first = app.post("/v1/tokens", &usage("req-1", 10, 5)).await.expect(201).json();
        let again = app.post("/v1/tokens", &usage("req-1", 10, 5)).await.expect(200).json();
        assert_eq!((&again["items"], &again["counted"]), (&first["items"], &json!(0)));
        let other = app.post("/v1/tokens", &usage("req-1", 11, 5)).await;
        other.problem(409, "request_id_taken");
        let list = json!([usage("req-2", 1, 1), usage("req-1", 10, 5)]);
        let mixed = app.post("/v1/tokens", &list).await.expect(201).json();
        assert_eq!(mixed["counted"], 1);
        assert_eq!(mixed["items"][1], first["items"][0]);
        let listed = app.get("/v1/tokens").await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    }

    async fn a_list_is_counted_whole_or_not_at_all_and_keyed_once(db) {
        let app = App::start(db).await;
        let list = json!([usage("req-1", 1, 1), with(usage("req-2", 1, 1), json!({"cached_input_tokens": 2}))]);
        let problem = app.post("/v1/tokens", &list).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/1/cached_input_tokens");
        let single = app.post("/v1/tokens", &list[1]).await.problem(422, "validation_failed");
        assert_eq!(single["errors"][0]["pointer"], "/cached_input_tokens");
        let costly = with(usage("req-3", 1, 1), json!({"cost_amount": "1"}));
        let problem = app.post("/v1/tokens", &json!([costly])).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/0/cost_currency");
        app.post("/v1/tokens", &json!([])).await.problem(422, "validation_failed");
        let many: Vec<_> = (0..501).map(|n| usage(&n.to_string(), 1, 1)).collect();
        app.post("/v1/tokens", &json!(many)).await.problem(422, "validation_failed");
        let unknown = with(usage("req-4", 1, 1), json!({"thread_id": Uuid::now_v7()}));
        app.post("/v1/tokens", &unknown).await.problem(404, "thread_not_found");
        let unknown = with(usage("req-4", 1, 1), json!({"job_id": Uuid::now_v7()}));
        app.post("/v1/tokens", &unknown).await.problem(404, "job_not_found");
        assert_eq!(app.get("/v1/tokens").await.json()["items"], json!([]));

        let whole = json!(many[..500]);
        let first = app.post_with_key("/v1/tokens", "key-1", &whole).await.expect(201);
        let again = app.post_with_key("/v1/tokens", "key-1", &whole).await.expect(201);
        assert_eq!(first.text, again.text);
        app.post_with_key("/v1/tokens", "key-1", &list).await.problem(422, "idempotency_key_reused");
    }

    async fn pages_and_filters_of_the_list_are_of_the_caller_alone(db) {
        let app = App::start(db).await;
        let list: Vec<_> = (0..5).map(|n| usage(&format!("req-{n}"), n, 0)).collect();
        for one in &list {
            app.post("/v1/tokens", one).await.expect(201);
        }
        let own = with(usage("own", 9, 0), json!({"scope": "proactive", "provider": "openai"}));
        app.post("/v1/tokens", &own).await.expect(201);
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("/v1/tokens?limit=4{cursor}")).await.expect(200).json();
            let items = page["items"].as_array().unwrap().iter();
            seen.extend(items.map(|item| item["input_tokens"].as_i64().unwrap()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, [9, 4, 3, 2, 1, 0]);
        let count = async |query: &str| {
            let page = app.get(&format!("/v1/tokens?{query}")).await.expect(200).json();
            page["items"].as_array().unwrap().len()
        };
        assert_eq!(count("scope=proactive").await, 1);
        assert_eq!(count("provider=anthropic&model=small").await, 5);
        assert_eq!(count(&format!("thread={}", Uuid::now_v7())).await, 0);
        assert_eq!(count(&format!("job={}", Uuid::now_v7())).await, 0);
        assert_eq!(count("until=2025-12-31").await, 0);
        assert_eq!(count("since=2026-01-01&until=9999-12-31").await, 6);
        app.get("/v1/tokens?cursor=x").await.problem(400, "cursor_invalid");
        let other = app.someone("other@example.org", UserRole::User).await;
        let theirs = app.send(app.request_as(&other, Method::GET, "/v1/tokens")).await.expect(200);
        assert_eq!(theirs.json()["items"], json!([]));
    }

    async fn sums_of_a_day_and_of_a_range(db) {
        let app = App::start_with(db, |config| config.token_prices = prices()).await;
        let today = Utc::now().date_naive();
        let ago = |days: u64| format!("{}T12:30:00Z", today - Days::new(days));
        let list = json!([
            with(usage("a", 100, 10), json!({"used_at": ago(1)})),
            with(usage("b", 200, 20), json!({"used_at": ago(1), "cost_amount": "0.5", "cost_currency": "USD"})),
            with(usage("c", 400, 40), json!({"used_at": ago(1), "provider": "openai", "scope": "proactive"})),
            with(usage("d", 800, 80), json!({"used_at": ago(8)})),
        ]);
        app.post("/v1/tokens", &list).await.expect(201);

        let yesterday = today - Days::new(1);
        let daily = app.get(&format!("/v1/tokens/daily?date={yesterday}")).await.expect(200).json();
        assert_eq!(daily["date"], json!(yesterday));
        let total = &daily["total"];
        assert_eq!((&total["requests"], &total["total_tokens"]), (&json!(3), &json!(770)));
        // 300 · 3 + 30 · 15 dollars for a million, and what was reported.
        assert_eq!(total["costs"], json!([{"currency": "USD", "given": "0.5", "computed": "0.00135"}]));
        let items = daily["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!((&items[0]["scope"], &items[0]["provider"]), (&json!("proactive"), &json!("openai")));
        assert_eq!(items[1]["sums"]["requests"], 2);
        assert_eq!(items[1]["thread_id"], json!(null));
        let now = app.get("/v1/tokens/daily").await.expect(200).json();
        assert_eq!((&now["date"], &now["total"]["requests"]), (&json!(today), &json!(0)));

        let ask = async |query: &str| app.get(&format!("/v1/tokens/stats?{query}")).await;
        let week = ask("").await.expect(200).json();
        assert_eq!((&week["since"], &week["until"]), (&json!(today - Days::new(6)), &json!(today)));
        assert_eq!(week["total"]["input_tokens"], 700);
        assert_eq!(week["items"].as_array().unwrap().len(), 1);
        let all = ask("days_back=9&bucket=hour&by=model,provider").await.expect(200).json();
        assert_eq!(all["total"]["requests"], 4);
        let items = all["items"].as_array().unwrap();
        assert_eq!(items.len(), 3);
        assert_eq!(items[0]["start"], format!("{}T12:00:00Z", today - Days::new(8)));
        assert_eq!(items[0]["scope"], json!(null));
        let since = ask(&format!("since={yesterday}&until={yesterday}&bucket=month")).await.expect(200);
        assert_eq!(since.json()["total"]["requests"], 3);

        ask(&format!("since={today}&until={yesterday}")).await.problem(422, "validation_failed");
        ask(&format!("since={today}&days_back=7")).await.problem(422, "validation_failed");
        ask("days_back=32&bucket=hour").await.problem(422, "validation_failed");
        for malformed in ["by=colour", "by=", "bucket=year", "days_back=0", "days_back=%2B7", "since=x"] {
            ask(malformed).await.problem(400, "parameter_invalid");
        }
        ask("until=9999-12-31&days_back=3660&bucket=week").await.expect(200);
        ask("until=0001-01-01&bucket=month").await.expect(200);
    }

    async fn a_sum_is_exact_or_refused(db) {
        let app = App::start(db).await;
        let costing = |id: &str, amount: &str| {
            with(usage(id, 1, 1), json!({"cost_amount": amount, "cost_currency": "USD"}))
        };
        let smallest = "0.00000000000001";
        let list = json!([costing("a", "99999999999999"), costing("b", smallest)]);
        app.post("/v1/tokens", &list).await.expect(201);
        let sums = app.get("/v1/tokens/stats").await.expect(200).json();
        assert_eq!(sums["total"]["costs"][0]["given"], "99999999999999.00000000000001");
        let many: Vec<_> = (0..8).map(|n| costing(&n.to_string(), "99999999999999")).collect();
        app.post("/v1/tokens", &json!(many)).await.expect(201);
        for path in ["/v1/tokens/stats", "/v1/tokens/daily"] {
            app.get(path).await.problem(422, "number_too_large");
        }
        app.post("/v1/tokens", &costing("d", "100000000000000")).await.problem(422, "validation_failed");
    }

    async fn metrics_have_the_names_of_opentelemetry_and_few_series(db) {
        let app = App::start(db).await;
        assert!(series(&app, "gen_ai_client_token_usage").await.is_empty());
        app.post("/v1/tokens", &usage("req-1", 100, 7)).await.expect(201);
        app.post("/v1/tokens", &usage("req-1", 100, 7)).await.expect(200);
        let keyed = usage("req-2", 11, 0);
        app.post_with_key("/v1/tokens", "key-1", &keyed).await.expect(201);
        app.post_with_key("/v1/tokens", "key-1", &keyed).await.expect(201);
        app.post("/v1/tokens", &usage("req-2", 12, 0)).await.problem(409, "request_id_taken");
        let labels = |kind: &str| format!(
            "{{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"anthropic\",\
             gen_ai_request_model=\"small\",gen_ai_token_type=\"{kind}\"}}"
        );
        let sums = series(&app, "gen_ai_client_token_usage_sum").await;
        let sum = |kind: &str, of: i64| format!("gen_ai_client_token_usage_sum{} {of}", labels(kind));
        assert_eq!(sums, [sum("input", 111), sum("output", 7)]);
        let counts = series(&app, "gen_ai_client_token_usage_count").await;
        assert!(counts.iter().all(|line| line.ends_with(" 2")), "{counts:?}");

        let named = |n: i64| with(usage(&format!("many-{n}"), 1, 1), json!({"model": format!("m-{n}")}));
        let many: Vec<_> = (0..300).map(named).collect();
        app.post("/v1/tokens", &json!(many)).await.expect(201);
        let sums = series(&app, "gen_ai_client_token_usage_sum").await;
        assert_eq!(sums.len(), 2 * 101);
        assert!(sums.iter().any(|line| line.contains("_OTHER") && line.ends_with(" 201")), "{sums:?}");
    }
}
