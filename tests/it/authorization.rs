//! Who may do what: the table of the guard against the contract, and against what the service does.

mod audited;
mod requests;
mod stage;

use std::collections::BTreeMap;

use api::access::{self, By, OPERATIONS, Operation, Who};
use entity::values::{
    SharePermission::{Read, Trade},
    UserRole,
};
use identity::Scope;
use testkit::on_both_engines;

use crate::app::{App, Reply, people::client_with};
use stage::{Stage, Whose};

const ROLES: [UserRole; 4] = [
    UserRole::Viewer,
    UserRole::User,
    UserRole::Manager,
    UserRole::Admin,
];

/// What the table says of a request.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Admitted,
    Denied,
    /// As if it were not there.
    NotFound,
}

fn expected(operation: &Operation, role: UserRole, whose: Whose) -> Verdict {
    match operation.who {
        Who::Least(least, _) if role < least => return Verdict::Denied,
        Who::Anyone | Who::Scraper | Who::Signer | Who::Least(..) => {}
    }
    match (whose, operation.shared) {
        (Whose::Own, _) => Verdict::Admitted,
        (Whose::Anothers, _) | (Whose::Shared(_), None) => Verdict::NotFound,
        (Whose::Shared(granted), Some(wanted)) if granted >= wanted => Verdict::Admitted,
        (Whose::Shared(_), Some(_)) => Verdict::Denied,
    }
}

/// What came of a request. Whatever else is wrong with it, it was admitted.
fn found(reply: &Reply) -> Verdict {
    let code = serde_json::from_str::<serde_json::Value>(&reply.text).unwrap_or_default();
    match (reply.status, code["code"].as_str().unwrap_or_default()) {
        (403, "permission_denied") => Verdict::Denied,
        (404, _) => Verdict::NotFound,
        (401, "credentials_missing" | "credentials_invalid" | "token_expired") => {
            panic!("the session is good: {}", reply.text)
        }
        (500.., _) => panic!("{}: {}", reply.status, reply.text),
        _ => Verdict::Admitted,
    }
}

/// Another's are asked for where an operation is about one of several things of a user's.
fn cases(operation: &Operation) -> Vec<Whose> {
    if requests::is_about_a_portfolio(operation) {
        return vec![
            Whose::Own,
            Whose::Shared(Read),
            Whose::Shared(Trade),
            Whose::Anothers,
        ];
    }
    let is_ones_own = [
        "/v1/imports/{",
        "/v1/executions/{",
        "/v1/api-tokens/{",
        "/v1/threads/{",
        "/v1/messages/{",
        "/v1/artifacts/{",
        "/v1/jobs/{",
        "/v1/approvals/{",
        "/v1/tokens/budgets/{",
        "/v1/tokens/reservations/{",
    ];
    if is_ones_own
        .iter()
        .any(|start| operation.path.starts_with(start))
    {
        return vec![Whose::Own, Whose::Anothers];
    }
    vec![Whose::Own]
}

on_both_engines! {
    async fn the_table_has_every_operation_of_the_contract_and_no_other(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.expect(200).json();
        let mut published = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                published.insert(id, (method.to_uppercase(), path.clone()));
            }
        }
        let page = ["redirect_to_docs", "get_docs"];
        let table: BTreeMap<String, (String, String)> = OPERATIONS
            .iter()
            .filter(|operation| !page.contains(&operation.id))
            .map(|one| (one.id.to_owned(), (one.method.to_owned(), one.path.to_owned())))
            .collect();
        assert_eq!(table, published);
        assert_eq!(table.len() + page.len(), OPERATIONS.len(), "an operation is there twice");
    }

    async fn what_the_table_lacks_is_not_served(db) {
        let app = App::start(db).await;
        for (method, path) in [("PUT", "/v1/portfolios"), ("GET", "/v1/portfolios/{id}/secrets")] {
            assert!(access::operation(&method.parse().unwrap(), path).is_none());
        }
        let reply = app.send(app.request("PUT".parse().unwrap(), "/v1/portfolios")).await;
        reply.problem(405, "method_not_allowed");
    }

    async fn every_role_may_do_what_the_table_says_and_nothing_else(db) {
        let stage = Stage::set(db).await;
        let mut asked = 0;
        for operation in OPERATIONS {
            for role in ROLES {
                for whose in cases(operation) {
                    let scene = stage.scene(operation, role, whose).await;
                    let reply = scene.ask(operation, &scene.actor.client).await;
                    let expected = expected(operation, role, whose);
                    assert_eq!(
                        found(&reply), expected,
                        "{} as {role}, {whose:?}: {}", operation.id, reply.text
                    );
                    asked += 1;
                }
            }
        }
        println!("{asked} requests");
        assert!(asked >= OPERATIONS.len() * ROLES.len(), "{asked}");
    }

    async fn a_token_is_good_for_its_scopes_and_never_for_more_than_its_owner(db) {
        let stage = Stage::set(db).await;
        for scope in Scope::ALL {
            for role in [UserRole::Viewer, UserRole::Admin] {
                for operation in OPERATIONS {
                    let Who::Least(least, by) = operation.who else { continue };
                    let scene = stage.scene(operation, role, Whose::Own).await;
                    let token = stage.token_of(&scene.actor, &[scope]).await;
                    let reply = scene.ask(operation, &client_with(&token)).await;
                    let may = match by {
                        By::Any => true,
                        By::SessionOnly => false,
                        By::Token(wanted) => includes(scope, wanted),
                    };
                    let expected =
                        if may && role >= least { Verdict::Admitted } else { Verdict::Denied };
                    assert_eq!(
                        found(&reply), expected,
                        "{} by a token of {role} for {scope}: {}", operation.id, reply.text
                    );
                }
            }
        }
    }

    async fn nothing_is_told_to_who_shows_nothing(db) {
        let stage = Stage::set(db).await;
        for operation in OPERATIONS {
            let scene = stage.scene(operation, UserRole::Admin, Whose::Own).await;
            let reply = scene.ask(operation, &reqwest::Client::new()).await;
            if let Who::Least(..) = operation.who {
                let problem = reply.problem(401, "credentials_missing");
                let challenge = reply.header("www-authenticate").unwrap();
                assert!(challenge.starts_with("Bearer"), "{challenge}");
                assert_eq!(problem["errors"], serde_json::Value::Null);
            } else {
                assert!(reply.status < 500, "{}: {}", operation.id, reply.text);
                assert_eq!(reply.header("www-authenticate"), None, "{}", operation.id);
            }
        }
    }
}

/// As the documentation of scopes has it, apart from the code.
fn includes(held: Scope, wanted: Scope) -> bool {
    held == wanted
        || held == Scope::Admin
        || (held == Scope::BooksWrite && wanted == Scope::BooksRead)
}
