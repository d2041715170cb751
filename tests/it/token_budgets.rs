//! Budgets of tokens and reservations from them, over HTTP.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::app::{App, Reply, books::id_of};

const BUDGETS: &str = "/v1/tokens/budgets";
const RESERVATIONS: &str = "/v1/tokens/reservations";

async fn set(app: &App, body: &Value) -> Reply {
    app.send(app.request(Method::PUT, BUDGETS).json(body)).await
}

fn tokens_a_day(limit: &str) -> Value {
    json!({"scope": "all", "period": "day", "unit": "tokens", "limit": limit})
}

fn reserve(tokens: i64) -> Value {
    json!({"scope": "reactive", "estimated_tokens": tokens})
}

fn usage(request_id: &str, input: i64) -> Value {
    json!({
        "scope": "reactive", "provider": "anthropic", "request_id": request_id,
        "input_tokens": input, "output_tokens": 0,
    })
}

on_both_engines! {
    async fn a_budget_is_set_read_changed_and_removed(db) {
        let app = App::start(db).await;
        let body = json!({
            "scope": "reactive", "period": "week", "unit": "USD", "limit": "12.50", "soft_limit": "10",
        });
        let made = set(&app, &body).await.expect(201);
        let budget = made.json();
        let path = format!("{BUDGETS}/{}", id_of(&budget));
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!((&budget["limit"], &budget["soft_limit"]), (&json!("12.5"), &json!("10")));
        let read = app.get(&path).await.expect(200);
        assert_eq!((&read.text, read.etag()), (&made.text, made.etag()));
        app.get_if_none_match(&path, &read.etag()).await.expect(304);

        let changed = set(&app, &json!({
            "scope": "reactive", "period": "week", "unit": "USD", "limit": "20",
        })).await.expect(200);
        assert_eq!(id_of(&changed.json()), id_of(&budget));
        assert_eq!(changed.json()["soft_limit"], json!(null));
        assert_ne!(changed.etag(), made.etag());

        let guarded = |method: Method, path: &str, etag: &str| {
            app.request(method, path).header("if-match", etag)
        };
        let late = guarded(Method::PUT, BUDGETS, &made.etag()).json(&body);
        app.send(late).await.problem(412, "precondition_failed");
        let of_none = guarded(Method::PUT, BUDGETS, "*").json(&tokens_a_day("1"));
        app.send(of_none).await.problem(412, "precondition_failed");
        app.send(guarded(Method::DELETE, &path, &made.etag())).await.problem(412, "precondition_failed");
        app.send(guarded(Method::PUT, BUDGETS, &changed.etag()).json(&body)).await.expect(200);
        app.delete(&path).await.expect(204);
        app.get(&path).await.problem(404, "token_budget_not_found");
        app.delete(&path).await.problem(404, "token_budget_not_found");
    }

    async fn what_breaks_a_rule_is_named(db) {
        let app = App::start(db).await;
        for (change, pointer) in [
            (json!({"unit": "shells"}), "/unit"), (json!({"limit": "0.5"}), "/limit"),
            (json!({"limit": "-1"}), "/limit"), (json!({"soft_limit": "101"}), "/soft_limit"),
        ] {
            let mut body = tokens_a_day("100");
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let problem = set(&app, &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
        for body in [json!({"limit": 100}), json!({"scope": "none"}), json!({"period": "year"})] {
            let mut whole = tokens_a_day("100");
            whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            set(&app, &whole).await.problem(400, "body_invalid");
        }
        for (body, pointer) in [
            (json!({"scope": "reactive", "estimated_tokens": -1}), "/estimated_tokens"),
            (json!({"scope": "reactive", "estimated_tokens": 1, "expires_in_s": 0}), "/expires_in_s"),
            (json!({"scope": "reactive", "estimated_tokens": 1, "estimated_cost": "1"}), "/cost_currency"),
        ] {
            let problem = app.post(RESERVATIONS, &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
    }

    async fn what_is_reserved_is_settled_or_given_back(db) {
        let app = App::start(db).await;
        let budget = set(&app, &tokens_a_day("1000")).await.expect(201).json();
        let stands = async || {
            let item = app.get(BUDGETS).await.expect(200).json()["items"][0].clone();
            ["used", "reserved", "left"].map(|name| item[name].as_str().unwrap().to_owned())
        };
        let made = app.post(RESERVATIONS, &reserve(600)).await.expect(201);
        let reservation = made.json()["reservation"].clone();
        let path = format!("{RESERVATIONS}/{}", id_of(&reservation));
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!(made.json()["warnings"], json!([]));
        assert_eq!(reservation["status"], "open");
        assert_eq!(app.get(&path).await.expect(200).json(), reservation);
        assert_eq!(stands().await, ["0", "600", "400"]);

        let refused = app.post(RESERVATIONS, &reserve(401)).await.problem(409, "budget_exceeded");
        assert_eq!(refused["budget"], json!({
            "id": budget["id"], "scope": "all", "period": "day", "unit": "tokens", "limit": "1000",
            "used": "0", "reserved": "600", "asked": "401",
        }));
        let settle = format!("{path}/settle");
        let settled = app.post(&settle, &usage("req-1", 450)).await.expect(200).json();
        assert_eq!(settled["reservation"]["status"], "settled");
        assert_eq!(settled["reservation"]["usage_id"], settled["usage"]["id"]);
        assert_eq!(stands().await, ["450", "0", "550"]);
        let again = app.post(&settle, &usage("req-1", 450)).await.expect(200).json();
        assert_eq!(again, settled);
        app.post(&settle, &usage("req-2", 450)).await.problem(409, "token_reservation_closed");
        let release = format!("{path}/release");
        app.send(app.request(Method::POST, &release)).await.problem(409, "token_reservation_closed");

        let second = app.post(RESERVATIONS, &reserve(550)).await.expect(201).json();
        let release = format!("{RESERVATIONS}/{}/release", id_of(&second["reservation"]));
        let released = app.send(app.request(Method::POST, &release)).await.expect(200).json();
        assert_eq!(released["status"], "released");
        assert_eq!(stands().await, ["450", "0", "550"]);
        let problem = app.post(&settle, &json!({
            "scope": "proactive", "provider": "p", "input_tokens": 1, "output_tokens": 1,
        })).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/scope");

        let listed = app.get(RESERVATIONS).await.expect(200).json();
        let states: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
        assert_eq!(states, ["released", "settled"]);
        assert_eq!(app.get(&format!("{RESERVATIONS}?open=true")).await.json()["items"], json!([]));
        let nobodys = format!("{RESERVATIONS}/{}", Uuid::now_v7());
        app.get(&nobodys).await.problem(404, "token_reservation_not_found");
        app.post(&format!("{nobodys}/settle"), &usage("r", 1)).await.problem(404, "token_reservation_not_found");
    }

    async fn a_soft_limit_warns(db) {
        let app = App::start(db).await;
        let mut body = tokens_a_day("1000");
        body["soft_limit"] = json!("500");
        let budget = set(&app, &body).await.expect(201).json();
        let quiet = app.post(RESERVATIONS, &reserve(500)).await.expect(201).json();
        assert_eq!(quiet["warnings"], json!([]));
        let warned = app.post(RESERVATIONS, &reserve(1)).await.expect(201).json();
        let warning = &warned["warnings"][0];
        assert_eq!((&warning["budget"], &warning["reserved"]), (&budget, &json!("501")));
    }

    async fn usage_without_a_reservation_counts_and_may_pass_the_limit(db) {
        let app = App::start(db).await;
        set(&app, &tokens_a_day("100")).await.expect(201);
        app.post("/v1/tokens", &usage("req-1", 5_000)).await.expect(201);
        let item = app.get(BUDGETS).await.expect(200).json()["items"][0].clone();
        assert_eq!((&item["used"], &item["left"]), (&json!("5000"), &json!("0")));
        app.post(RESERVATIONS, &reserve(1)).await.problem(409, "budget_exceeded");
    }

    async fn a_reservation_is_made_once_for_its_key(db) {
        let app = App::start(db).await;
        set(&app, &tokens_a_day("100")).await.expect(201);
        let first = app.post_with_key(RESERVATIONS, "key-1", &reserve(60)).await.expect(201);
        let again = app.post_with_key(RESERVATIONS, "key-1", &reserve(60)).await.expect(201);
        assert_eq!(first.text, again.text);
        app.post_with_key(RESERVATIONS, "key-2", &reserve(60)).await.problem(409, "budget_exceeded");
    }

    async fn of_many_requests_at_once_as_many_are_granted_as_fit(db) {
        let app = App::start(db).await;
        set(&app, &tokens_a_day("370")).await.expect(201);
        let body = reserve(10);
        let replies = join_all((0..100).map(|_| app.post(RESERVATIONS, &body))).await;
        let granted = replies.iter().filter(|reply| reply.status == 201).count();
        let refused = replies.iter().filter(|reply| reply.status == 409).count();
        assert_eq!((granted, refused), (37, 63));
    }
}
