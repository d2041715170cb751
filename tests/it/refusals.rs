//! Whoever shows nothing that is right cannot fill the audit log.

use api::Rate;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, Reply};

const FREE: usize = 3;

/// One attempt of somebody without credentials.
async fn attempt(app: &App, path: &str, body: &Value) -> Reply {
    let request = Client::new()
        .request(Method::POST, format!("{}{path}", app.url))
        .json(body);
    Reply::read(request.send().await.unwrap()).await
}

async fn rows(app: &App, action: &str) -> usize {
    let log = app
        .get(&format!("/v1/audit?outcome=refused&action={action}"))
        .await
        .expect(200);
    log.json()["items"].as_array().unwrap().len()
}

on_both_engines! {
    async fn refused_attempts_of_one_address_are_written_down_up_to_a_limit(db) {
        let app = App::start_with(db, |config| {
            config.rate_limits.refusals = Rate::new(1, u32::try_from(FREE).unwrap());
        })
        .await;
        let unknown = json!({"refresh_token": format!("tsr_{}", "A".repeat(43))});
        for (path, body, status) in [
            ("/v1/auth/refresh", json!({"refresh_token": "none"}), 401),
            ("/v1/auth/refresh", unknown.clone(), 401),
            ("/v1/signals", json!({}), 401),
        ] {
            attempt(&app, path, &body).await.expect(status);
        }
        for (path, body) in [
            ("/v1/auth/refresh", json!({"refresh_token": "none"})),
            ("/v1/auth/refresh", unknown),
            ("/v1/signals", json!({})),
        ] {
            let reply = attempt(&app, path, &body).await;
            reply.problem(429, "rate_limited");
            assert!(reply.header("retry-after").is_some(), "{path}");
        }
        assert_eq!(rows(&app, "session.refresh").await, 2);
        assert_eq!(rows(&app, "signal.receive").await, 1);
        app.get("/v1/me").await.expect(200);
    }
}
