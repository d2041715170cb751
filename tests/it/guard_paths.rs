//! One operation, however its path is written: the guard and the router read it alike.

use api::access::{OPERATIONS, Operation, Who};
use entity::values::UserRole;
use reqwest::{Client, Method};
use serde_json::Value;
use testkit::on_both_engines;

use crate::app::{App, Reply, people::client_with};

/// The path of an operation, with each letter of its fixed parts as an escape.
fn escaped(operation: &Operation) -> String {
    let escape = |part: &str| match part {
        "{file:.*}" => "index.html".to_owned(),
        _ if part.starts_with('{') => "00000000-0000-7000-8000-000000000000".to_owned(),
        _ => part
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<Vec<_>>()
            .concat(),
    };
    operation
        .path
        .split('/')
        .map(escape)
        .collect::<Vec<_>>()
        .join("/")
}

async fn ask(app: &App, client: &Client, operation: &Operation) -> Reply {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let request = client.request(method, format!("{}{}", app.url, escaped(operation)));
    Reply::read(request.send().await.unwrap()).await
}

on_both_engines! {
    async fn an_escape_in_a_path_opens_nothing(db) {
        let app = App::start_with(db, |config| config.open_metrics = false).await;
        for operation in OPERATIONS {
            let reply = ask(&app, &Client::new(), operation).await;
            match operation.who {
                Who::Least(..) | Who::Scraper => {
                    reply.problem(401, "credentials_missing");
                }
                Who::Anyone | Who::Signer => {
                    let is_broken = reply.status == 500;
                    assert!(!is_broken, "{}: {}", operation.id, reply.text);
                }
            }
        }
    }

    async fn an_escape_in_a_path_changes_no_answer(db) {
        let app = App::start(db).await;
        let list = |path: &str| app.client.get(format!("{}{path}", app.url));
        let plain = Reply::read(list("/v1/portfolios").send().await.unwrap()).await.expect(200);
        let escaped = Reply::read(list("/%76%31/portf%6Flios").send().await.unwrap()).await.expect(200);
        assert_eq!(plain.text, escaped.text);
        for name in ["cache-control", "content-security-policy"] {
            assert_eq!(plain.header(name), escaped.header(name), "{name}");
        }
        let secret = Reply::read(list("/v1/%61pi-tokens").send().await.unwrap()).await.expect(200);
        assert_eq!(secret.header("cache-control"), Some("no-store"));
    }

    async fn what_only_looks_like_a_path_is_none(db) {
        let app = App::start(db).await;
        for path in [
            "/v1/portfolios/", "//v1/portfolios", "/v1//portfolios", "/v1/Portfolios", "/V1/portfolios",
            "/v1%2fportfolios", "/v1/portfolios;a=b", "/v1/portfolios%00", "/v1/portfolios%20",
            "/v1/./portfolios%2f", "/v1/portfolios.json", "/v1/audit/%2e%2e", "/v1\\portfolios%5c",
        ] {
            let request = app.client.get(format!("{}{path}", app.url));
            Reply::read(request.send().await.unwrap()).await.problem(404, "route_not_found");
        }
    }

    async fn no_header_turns_one_method_into_another(db) {
        let app = App::start(db).await;
        let viewer = app.someone("viewer@example.org", UserRole::Viewer).await;
        for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
            let request = app.request_as(&viewer, Method::GET, "/v1/portfolios").header(name, "POST");
            Reply::read(request.send().await.unwrap()).await.expect(200);
        }
        for method in ["TRACE", "CONNECTED", "OPTIONS", "get"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = app.request(method, "/v1/portfolios");
            Reply::read(request.send().await.unwrap()).await.problem(405, "method_not_allowed");
        }
    }

    async fn a_refusal_names_what_was_asked_for(db) {
        let app = App::start(db).await;
        let wanted = "00000000-0000-7000-8000-000000000000";
        let stranger = client_with("nobody");
        for path in [format!("/v1/portfolios/{wanted}"), format!("/v1/%70ortfolios/{wanted}/positions")] {
            let request = stranger.get(format!("{}{path}", app.url));
            Reply::read(request.send().await.unwrap()).await.problem(401, "credentials_invalid");
        }
        let log = app.get("/v1/audit?outcome=refused").await.expect(200).json();
        let named: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|row| &row["resource_id"]).collect();
        assert_eq!(named, [wanted, wanted]);
    }
}
