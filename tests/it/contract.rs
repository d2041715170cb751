//! The published contract against the running service.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use testkit::on_both_engines;

use crate::app::App;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn operations(document: &Value) -> Vec<(String, Method, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let mut operations = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            if item[method].is_object() {
                let upper = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                operations.push((path.clone(), upper, &item[method]));
            }
        }
    }
    operations
}

on_both_engines! {
    async fn every_operation_is_there_and_answers_as_documented(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.expect(200).json();
        let mut ids = BTreeSet::new();
        for (path, method, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{id} is there twice");
            assert!(operation["tags"][0].is_string(), "{id} has no tag");
            assert!(operation["summary"].is_string(), "{id} has no summary");

            let url = path.replace("{id}", &uuid::Uuid::now_v7().to_string())
                .replace("{symbol}", "NKE").replace("{code}", "name_taken");
            let reply = app.send(app.request(method.clone(), &url)).await;
            assert_ne!(reply.status, 405, "{method} {path} is not routed");
            assert!(!reply.text.contains("route_not_found"), "{method} {path} is not routed");
            let documented = &operation["responses"][reply.status.to_string()];
            assert!(documented.is_object(), "{method} {path} answers {}: {}", reply.status, reply.text);
            let content_type = reply.header("content-type").unwrap_or_default();
            let media_type = content_type.split(';').next().unwrap();
            assert!(documented["content"][media_type].is_object(), "{method} {path}: {media_type}");
        }
        assert!(ids.len() >= 38, "{} operations", ids.len());
    }

    async fn every_reference_of_the_contract_leads_somewhere(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.expect(200).json();
        let mut references = BTreeSet::new();
        collect_references(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    async fn every_path_of_the_issue_is_in_the_contract(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.expect(200).json();
        for (path, methods) in [
            ("/livez", "get"), ("/health", "get"), ("/health/pack", "get"), ("/api/health", "get"),
            ("/api/v1/ready", "get"), ("/api/v1/version", "get"), ("/metrics", "get"),
            ("/v1/portfolios", "get post"), ("/v1/portfolios/{id}", "get patch delete"),
            ("/v1/portfolios/{id}/positions", "get"), ("/v1/portfolios/{id}/cash-flows", "get"),
            ("/v1/portfolios/{id}/imports", "post"), ("/v1/imports/{id}", "get"),
            ("/v1/securities", "get post"), ("/v1/securities/{id}", "get"),
            ("/v1/packs", "get post"), ("/v1/packs/latest", "get"), ("/v1/packs/{id}", "get"),
            ("/v1/packs/{id}/prices", "get post"), ("/v1/packs/{id}/fx-rates", "get post"),
            ("/v1/packs/{id}/fresh", "post"), ("/v1/packs/{id}/error", "post"),
            ("/v1/packs/{id}/verify", "get"), ("/v1/packs/{id}/proofs/{symbol}", "get"),
            ("/v1/patterns", "get"), ("/v1/patterns/{id}", "get"), ("/v1/execute", "post"),
            ("/v1/executions", "get"), ("/v1/executions/{id}", "get"),
            ("/v1/executions/{id}/replay", "post"), ("/v1/signals", "post"),
            ("/v1/tokens", "get post"), ("/v1/tokens/daily", "get"), ("/v1/tokens/stats", "get"),
            ("/v1/tokens/budgets", "get put"), ("/v1/tokens/budgets/{id}", "get delete"),
            ("/v1/tokens/reservations", "get post"),
            ("/v1/deployments", "get post"), ("/v1/deployments/latest", "get"),
            ("/v1/deployments/{id}", "get patch"),
            ("/v1/audit", "get"), ("/v1/audit/verify", "get"),
        ] {
            for method in methods.split(' ') {
                assert!(document["paths"][path][method].is_object(), "{method} {path}");
            }
        }
    }

    async fn the_contract_tells_what_text_in_a_request_may_be(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.expect(200).json();
        let mut texts = 0;
        for (path, method, operation) in operations(&document) {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (schema, place) = (&parameter["schema"], &parameter["in"]);
                let is_free = schema["type"] == "string" && schema["format"].is_null() && schema["enum"].is_null();
                if is_free && (*place != "header" || parameter["name"] == "Idempotency-Key") {
                    assert!(schema["pattern"].is_string(), "{method} {path}: {parameter}");
                    assert!(schema["maxLength"].is_u64(), "{method} {path}: {parameter}");
                    texts += 1;
                }
            }
        }
        assert!(texts >= 40, "{texts} parameters of text");
        let lot_method = &document["components"]["schemas"]["PortfolioIn"]["properties"]["lot_method"];
        assert!(!lot_method.to_string().contains("null"), "null is refused: {lot_method}");
    }

    async fn the_contract_says_which_members_a_body_may_have(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.expect(200).json();
        let mut objects = BTreeSet::new();
        for (_, _, operation) in operations(&document) {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            collect_objects(&document, body, &mut objects);
        }
        assert!(objects.len() >= 15, "{objects:?}");
        for name in objects {
            let schema = &document["components"]["schemas"][&name];
            assert_eq!(schema["additionalProperties"], false, "{name} refuses what the contract allows");
        }
    }

    async fn a_search_is_no_longer_than_the_contract_says(db) {
        let app = App::start(db).await;
        for path in ["/v1/users", "/v1/securities"] {
            let searched = |length: usize| format!("{path}?q={}", "x".repeat(length));
            app.get(&searched(200)).await.expect(200);
            app.get(&searched(201)).await.problem(400, "parameter_invalid");
        }
    }

    async fn numbers_of_money_are_text_in_the_contract(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.expect(200).json();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            for (member, of) in schema["properties"].as_object().into_iter().flatten() {
                assert_ne!(of["type"], "number", "{name}.{member}");
            }
        }
    }
}

fn collect_references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                into.insert(reference.clone());
            }
            members
                .values()
                .for_each(|member| collect_references(member, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, into)),
        _ => {}
    }
}

/// The schemas with named members that one reaches from `value`.
fn collect_objects(document: &Value, value: &Value, into: &mut BTreeSet<String>) {
    let mut references = BTreeSet::new();
    collect_references(value, &mut references);
    for reference in references {
        let schema = document.pointer(&reference[1..]).unwrap();
        let name = reference.rsplit('/').next().unwrap().to_owned();
        if schema["properties"].is_object() && !into.insert(name) {
            continue;
        }
        collect_objects(document, schema, into);
    }
}
