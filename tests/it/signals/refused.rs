use entity::identity::user;
use reqwest::Method;
use sea_orm::{EntityTrait, sea_query::Expr};
use serde_json::{Value, json};
use testkit::on_both_engines;

use super::{
    sender::{KEYS, Sender, app, app_for, request, request_to},
    signal, stored,
};
use crate::app::App;

fn with(member: &str, value: Value) -> Value {
    let mut changed = signal();
    changed[member] = value;
    changed
}

/// A JSON text of so many bytes.
fn text_of(length: usize) -> Value {
    json!("x".repeat(length - 2))
}

on_both_engines! {
    async fn a_signal_that_is_not_signed_is_refused(db) {
        let app = app(db).await;
        let body = signal().to_string();
        app.post("/v1/signals", &signal()).await.problem(401, "signature_missing");
        for sender in Sender::both() {
            let headers = sender.headers(body.as_bytes());
            for left_out in 0..headers.len() {
                let mut headers = headers.clone();
                headers.remove(left_out);
                let reply = app.send(request(&app, &headers, body.clone())).await;
                reply.problem(401, "signature_missing");
            }
        }
        assert_eq!(stored(&app).await, (vec![], 0));
    }

    async fn a_wrong_signature_and_a_producer_who_is_not_known_are_told_alike(db) {
        let app = app(db).await;
        for sender in Sender::both() {
            let body = signal().to_string();
            let wrong_key = Sender { key: KEYS[2].to_vec(), ..sender.clone() };
            let told = wrong_key.send(&app, &body).await.problem(401, "signature_invalid");
            let unknown = Sender { producer: "unknown", ..sender.clone() };
            let of_unknown = unknown.send(&app, &body).await.problem(401, "signature_invalid");
            for member in ["title", "detail", "type", "instance"] {
                assert_eq!(told[member], of_unknown[member], "{member}");
            }
            let headers = sender.headers(body.as_bytes());
            let changed = body.replace("NKE", "NKF");
            app.send(request(&app, &headers, changed)).await.problem(401, "signature_invalid");
            let twice = request(&app, &headers, body.clone()).header(headers[0].0, "momentum");
            app.send(twice).await.problem(401, "signature_invalid");
        }
        assert_eq!(stored(&app).await, (vec![], 0));
    }

    async fn a_service_that_knows_no_producer_takes_no_signal(db) {
        let app = App::start(db).await;
        for sender in Sender::both() {
            sender.send(&app, signal()).await.problem(401, "signature_invalid");
        }
    }

    async fn a_signal_may_be_300_seconds_early_or_late(db) {
        let app = app(db).await;
        for (index, sender) in Sender::both().into_iter().enumerate() {
            for ahead in [-310, 310, -100_000, 100_000] {
                let far = Sender { ahead, ..sender.clone() };
                let told = far.send(&app, signal()).await.problem(401, "signature_expired");
                assert!(told["detail"].as_str().unwrap().contains("300 seconds"));
            }
            for (step, ahead) in [-290, 290].into_iter().enumerate() {
                let id = sender.id.as_ref().map(|_| format!("msg_{index}_{step}"));
                Sender { id, ahead, ..sender.clone() }.send(&app, signal()).await.expect(201);
            }
        }
    }

    async fn refusals_come_in_their_order(db) {
        let app = app(db).await;
        let long = "x".repeat(64 * 1024 + 1);
        let as_text = |body: String| app
            .request(Method::POST, "/v1/signals")
            .header("content-type", "text/plain")
            .body(body);
        app.send(as_text(long.clone())).await.problem(413, "body_too_large");
        app.send(as_text("x".to_owned())).await.problem(415, "media_type_unsupported");
        let unlabelled = app.request(Method::POST, "/v1/signals").body("{}");
        app.send(unlabelled).await.problem(415, "media_type_unsupported");
        app.send(request(&app, &[], "{")).await.problem(401, "signature_missing");
        let sender = Sender::standard("msg_1");
        sender.send(&app, &long).await.problem(413, "body_too_large");
        // Nobody says how long it is.
        let chunks = long.as_bytes().chunks(1_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()));
        let unending = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks.collect::<Vec<_>>()));
        let reply = app.send(request(&app, &sender.headers(long.as_bytes()), unending)).await;
        reply.problem(413, "body_too_large");

        sender.send(&app, signal()).await.expect(201);
        for body in ["{", "{}", &with("side", json!(7)).to_string()] {
            sender.send(&app, body).await.problem(409, "signal_replayed");
        }
    }

    async fn a_body_that_is_no_signal_is_malformed(db) {
        let app = app(db).await;
        let mut unknown = signal();
        unknown["extra"] = json!(1);
        let mut bodies: Vec<String> = ["", "{", "[]", "null", "{}", "\u{feff}{}"].map(str::to_owned).into();
        bodies.push(unknown.to_string());
        bodies.push(format!("{} {{}}", signal()));
        bodies.push(signal().to_string().replace("\"side\":1", "\"side\":1,\"side\":0"));
        for (member, value) in [
            ("instrument", json!(1)), ("side", json!("1")), ("side", json!(1.5)), ("side", json!(null)),
            ("time", json!(1_700_000_000)), ("version", json!("1")), ("version", json!(u64::MAX)),
            ("payload", json!("\0")), ("payload", json!({"\0": 1})), ("instrument", json!("A\0B")),
        ] {
            bodies.push(with(member, value).to_string());
        }
        for member in ["instrument", "side", "time", "payload", "version"] {
            let mut lacking = signal();
            lacking.as_object_mut().unwrap().remove(member);
            bodies.push(lacking.to_string());
        }
        for payload in ["1e400", "\"\\ud800\"", &format!("{}{}", "[".repeat(500), "]".repeat(500))] {
            bodies.push(with("payload", json!("@")).to_string().replace("\"@\"", payload));
        }
        for body in bodies {
            for sender in Sender::both() {
                let reply = sender.send(&app, &body).await;
                assert_eq!(reply.status, 400, "{body}: {}", reply.text);
                reply.problem(400, "body_invalid");
            }
        }
        let body = signal().to_string();
        let headers = Sender::plain().headers(body.as_bytes());
        let parameter = request_to(&app, "/v1/signals?dry_run=true", &headers, body);
        app.send(parameter).await.problem(400, "parameter_invalid");
        assert_eq!(stored(&app).await, (vec![], 0));
    }

    async fn a_signal_that_breaks_rules_says_which(db) {
        let app = app(db).await;
        for (member, value) in [
            ("instrument", json!("")), ("instrument", json!("N")), ("instrument", json!("nke")),
            ("instrument", json!("N".repeat(21))), ("instrument", json!("NK E")), ("instrument", json!("NKÉ")),
            ("instrument", json!("NKE\n")), ("side", json!(2)), ("side", json!(-1)), ("version", json!(0)),
            ("version", json!(-3)), ("time", json!("")), ("time", json!("2026-01-02")),
            ("time", json!("2026-01-02T03:04:05")), ("time", json!("2026-02-30T03:04:05Z")),
            ("time", json!("9999-12-31T23:59:59-01:00")), ("payload", text_of(32 * 1024 + 1)),
        ] {
            let reply = Sender::standard("msg_1").send(&app, with(member, value.clone())).await;
            let told = reply.problem(422, "validation_failed");
            assert_eq!(told["errors"][0]["pointer"], format!("/{member}"), "{value}");
            assert_eq!(told["errors"].as_array().unwrap().len(), 1);
        }
        let all = json!({"instrument": "", "side": 9, "time": "", "payload": null, "version": 0});
        let told = Sender::plain().send(&app, all).await.problem(422, "validation_failed");
        assert_eq!(told["errors"].as_array().unwrap().len(), 4);
        assert_eq!(stored(&app).await, (vec![], 0));
    }

    async fn all_that_the_rules_allow_is_kept(db) {
        let app = app(db).await;
        for (index, (member, value)) in [
            ("instrument", json!("A1")), ("instrument", json!("AZ09._-BRK.B_1234567")), ("side", json!(0)),
            ("version", json!(i64::MAX)), ("payload", json!(null)), ("payload", json!([])),
            ("payload", json!(0.1)), ("payload", json!("é€\u{1f4b0}")), ("payload", text_of(32 * 1024)),
            ("time", json!("0001-01-01T00:00:00Z")), ("time", json!("2026-01-02t03:04:05.123456789z")),
        ].into_iter().enumerate() {
            let sender = Sender::standard(&format!("msg_{index}"));
            sender.send(&app, with(member, value)).await.expect(201);
        }
        let padded = format!("{}{}", signal(), " ".repeat(64 * 1024 - signal().to_string().len()));
        Sender::plain().send(&app, padded).await.expect(201);
    }

    async fn the_producers_user_must_be_there_and_active(db) {
        let app = app_for(db, "nobody@example.org").await;
        for sender in Sender::both() {
            let told = sender.send(&app, signal()).await.problem(403, "producer_refused");
            assert!(!told.to_string().contains("nobody@"), "{told}");
        }
    }

    async fn a_user_who_was_disabled_takes_no_signals(db) {
        let app = app(db).await;
        let sender = Sender::standard("msg_1");
        let set_active = async |active: bool| {
            let change = user::Entity::update_many().col_expr(user::Column::IsActive, Expr::value(active));
            change.exec(&app.database).await.unwrap();
        };
        set_active(false).await;
        sender.send(&app, signal()).await.problem(403, "producer_refused");
        set_active(true).await;
        sender.send(&app, signal()).await.expect(201);
    }
}
