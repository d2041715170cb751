//! What is read while it is found out who asks: nothing of it reaches whoever may not have it.

use api::access::{By, OPERATIONS, Operation, Who};
use entity::values::UserRole;
use identity::Scope;
use reqwest::Client;
use serde_json::json;
use testkit::on_both_engines;

use crate::app::{App, Reply, people::client_with};

fn ahead() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS
        .iter()
        .filter(|operation| operation.is_read_ahead)
}

/// A pack and a security, and the paths of all that is read ahead of them.
async fn paths(app: &App) -> Vec<String> {
    let pack = json!({ "asof_date": "2025-10-21" });
    let pack = app.post("/v1/packs", &pack).await.expect(201).json();
    let security = json!({ "symbol": "ACME", "name": "Acme", "kind": "equity", "currency": "USD" });
    let security = app
        .post("/v1/securities", &security)
        .await
        .expect(201)
        .json();
    let path_of = |operation: &Operation| {
        let about = if operation.path.starts_with("/v1/packs") {
            &pack
        } else {
            &security
        };
        operation
            .path
            .replace("{id}", about["id"].as_str().unwrap())
    };
    ahead().map(path_of).collect()
}

async fn ask(app: &App, client: &Client, path: &str) -> Reply {
    app.send(client.get(format!("{}{path}", app.url))).await
}

#[test]
fn only_reads_of_what_all_users_share_go_ahead() {
    for operation in ahead() {
        let shared = ["/v1/packs", "/v1/securities"];
        assert!(
            shared.iter().any(|start| operation.path.starts_with(start)),
            "{operation:?}"
        );
        assert!(
            operation.method == "GET" && operation.action.is_none(),
            "{operation:?}"
        );
        assert!(operation.shared.is_none(), "{operation:?}");
        let reads = Who::Least(UserRole::Viewer, By::Token(Scope::BooksRead));
        assert_eq!(operation.who, reads, "{operation:?}");
    }
    assert!(ahead().count() > 0);
}

on_both_engines! {
    async fn a_token_that_was_revoked_elsewhere_is_shown_nothing(db) {
        let first = App::start(db).await;
        let paths = paths(&first).await;
        let new = json!({ "name": "test", "scopes": ["books:read"] });
        let token = first.post("/v1/api-tokens", &new).await.expect(201).json();
        let program = client_with(token["token"].as_str().unwrap());
        let second = App::beside(&first).await;
        for path in &paths {
            ask(&second, &program, path).await.expect(200);
        }
        let path = format!("/v1/api-tokens/{}", token["id"].as_str().unwrap());
        first.delete(&path).await.expect(200);
        for path in &paths {
            ask(&second, &program, path).await.problem(401, "credentials_invalid");
        }
    }

    async fn a_session_that_ended_is_shown_nothing(db) {
        let app = App::start(db).await;
        let paths = paths(&app).await;
        let eve = app.someone("eve@example.org", UserRole::Viewer).await;
        for path in &paths {
            ask(&app, &eve.client, path).await.expect(200);
        }
        app.post(&format!("/v1/users/{}/logout", eve.id), &json!({})).await.expect(204);
        for path in &paths {
            ask(&app, &eve.client, path).await.problem(401, "credentials_invalid");
        }
    }

    async fn who_may_not_read_is_shown_nothing_and_is_written_down(db) {
        let app = App::start(db).await;
        let paths = paths(&app).await;
        let token = app.people.api_token(app.user, &[Scope::JobsWork]).await;
        let program = client_with(&token);
        for (path, operation) in paths.iter().zip(ahead()) {
            ask(&app, &program, path).await.problem(403, "permission_denied");
            let written = format!("/v1/audit?action={}&outcome=refused", operation.id);
            let written = app.get(&written).await.expect(200).json();
            let rows = written["items"].as_array().unwrap();
            assert_eq!(rows.len(), 1, "{written:#}");
            assert_eq!(rows[0]["details"]["code"], "permission_denied");
        }
        // Nor whether there is such a thing at all.
        let absent = "/v1/packs/PP_1999-01-01";
        ask(&app, &program, absent).await.problem(403, "permission_denied");
        app.get(absent).await.problem(404, "pricing_pack_not_found");
    }
}
