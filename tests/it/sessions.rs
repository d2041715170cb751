//! Logins, sessions, and what ends them.

use std::time::Duration;

use entity::values::UserRole;
use identity::Scope;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, Reply, people::client_with};

const ADA: &str = "ada@example.org";
const PASSWORD: &str = "kettle-moss-41";
const OTHER: &str = "window-fern-77";

/// Without credentials.
async fn post(app: &App, path: &str, body: &Value) -> Reply {
    let request = Client::new().post(format!("{}{path}", app.url));
    app.send(request.json(body)).await
}

async fn add_ada(app: &App) -> String {
    let new = json!({"email": ADA, "display_name": "Ada", "role": "user", "password": PASSWORD});
    let added = app.post("/v1/users", &new).await.expect(201);
    assert!(!added.text.contains("password"), "{}", added.text);
    added.json()["id"].as_str().unwrap().to_owned()
}

async fn log_in(app: &App, password: &str) -> Reply {
    post(
        app,
        "/v1/auth/login",
        &json!({"email": "ADA@example.org", "password": password}),
    )
    .await
}

/// Each failure keeps the account waiting longer, so that even a slow machine meets a lock.
async fn guess_until_locked(app: &App, email: &str) -> Reply {
    let guess = json!({"email": email, "password": OTHER});
    for _ in 0..15 {
        let reply = post(app, "/v1/auth/login", &guess).await;
        if reply.status == 429 {
            return reply;
        }
        reply.problem(401, "login_failed");
    }
    panic!("{email} is never locked");
}

fn retry_after(reply: &Reply) -> u64 {
    reply.header("retry-after").unwrap().parse().unwrap()
}

fn member(session: &Value, name: &str) -> String {
    session[name].as_str().unwrap().to_owned()
}

async fn get_as(app: &App, token: &str, path: &str) -> Reply {
    app.send(client_with(token).get(format!("{}{path}", app.url)))
        .await
}

async fn post_as(app: &App, token: &str, path: &str, body: &Value) -> Reply {
    app.send(
        client_with(token)
            .post(format!("{}{path}", app.url))
            .json(body),
    )
    .await
}

on_both_engines! {
    async fn a_login_begins_a_session_that_goes_on_with_each_refresh(db) {
        let app = App::start(db).await;
        let id = add_ada(&app).await;
        let begun = log_in(&app, PASSWORD).await.expect(200);
        assert_eq!(begun.header("cache-control"), Some("no-store"));
        let begun = begun.json();
        assert_eq!(begun["token_type"], "Bearer");
        let me = get_as(&app, &member(&begun, "access_token"), "/v1/me").await.expect(200).json();
        assert_eq!((me["id"].as_str(), me["role"].as_str()), (Some(id.as_str()), Some("user")));
        assert_eq!(me["scopes"], Value::Null);

        let first = json!({"refresh_token": begun["refresh_token"]});
        let next = post(&app, "/v1/auth/refresh", &first).await.expect(200).json();
        assert_ne!(next["refresh_token"], begun["refresh_token"]);
        get_as(&app, &member(&next, "access_token"), "/v1/me").await.expect(200);

        post(&app, "/v1/auth/refresh", &first).await.problem(401, "refresh_refused");
        let second = json!({"refresh_token": next["refresh_token"]});
        post(&app, "/v1/auth/refresh", &second).await.problem(401, "refresh_refused");
        for session in [&begun, &next] {
            let token = member(session, "access_token");
            get_as(&app, &token, "/v1/me").await.problem(401, "credentials_invalid");
        }
    }

    async fn whatever_ends_a_session_ends_it_at_once(db) {
        let app = App::start(db).await;
        let id = add_ada(&app).await;
        let session = async |password: &str| member(&log_in(&app, password).await.expect(200).json(), "access_token");
        let ended = async |token: &str| get_as(&app, token, "/v1/me").await.problem(401, "credentials_invalid");

        let (one, two) = (session(PASSWORD).await, session(PASSWORD).await);
        post_as(&app, &one, "/v1/auth/logout", &json!({})).await.expect(204);
        ended(&one).await;
        get_as(&app, &two, "/v1/me").await.expect(200);

        let three = session(PASSWORD).await;
        post_as(&app, &two, "/v1/auth/logout", &json!({"everywhere": true})).await.expect(204);
        ended(&two).await;
        ended(&three).await;

        let four = session(PASSWORD).await;
        let wrong = json!({"current_password": OTHER, "new_password": OTHER});
        post_as(&app, &four, "/v1/auth/password", &wrong).await.problem(401, "login_failed");
        let weak = json!({"current_password": PASSWORD, "new_password": "password1"});
        post_as(&app, &four, "/v1/auth/password", &weak).await.problem(422, "validation_failed");
        let right = json!({"current_password": PASSWORD, "new_password": OTHER});
        post_as(&app, &four, "/v1/auth/password", &right).await.expect(204);
        ended(&four).await;
        log_in(&app, PASSWORD).await.problem(401, "login_failed");

        let five = session(OTHER).await;
        let user = format!("/v1/users/{id}");
        app.patch(&user, &json!({"role": "viewer"})).await.expect(200);
        let new = json!({"name": "A", "base_currency": "USD"});
        post_as(&app, &five, "/v1/portfolios", &new).await.problem(403, "permission_denied");
        app.send(app.request(Method::POST, &format!("{user}/logout"))).await.expect(204);
        ended(&five).await;

        let six = session(OTHER).await;
        app.patch(&user, &json!({"is_active": false})).await.expect(200);
        ended(&six).await;
        log_in(&app, OTHER).await.problem(401, "login_failed");
    }

    async fn a_refused_login_tells_nothing_of_the_account(db) {
        let app = App::start(db).await;
        add_ada(&app).await;
        let wrong = log_in(&app, OTHER).await.problem(401, "login_failed");
        let nobody = json!({"email": "nobody@example.org", "password": OTHER});
        let unknown = post(&app, "/v1/auth/login", &nobody).await.problem(401, "login_failed");
        assert_eq!(wrong["detail"], unknown["detail"]);

        let mut locked = Vec::new();
        for email in [ADA, "nobody@example.org"] {
            let last = guess_until_locked(&app, email).await;
            let problem = last.problem(429, "login_locked");
            assert!(retry_after(&last) >= 1);
            locked.push(problem["title"].clone());
        }
        assert_eq!(locked[0], locked[1]);

        let log = app.get("/v1/audit?action=session.begin&outcome=refused&limit=500").await.json();
        let reasons: Vec<_> = log["items"].as_array().unwrap().iter()
            .map(|row| row["details"]["reason"].as_str().unwrap()).collect();
        for reason in ["wrong_password", "unknown_user", "account_locked"] {
            assert!(reasons.contains(&reason), "{reasons:?}");
        }
        assert!(!log.to_string().contains(OTHER), "a password is in the log");
    }

    async fn a_lock_ends_by_itself(db) {
        let app = App::start(db).await;
        add_ada(&app).await;
        let locked = guess_until_locked(&app, ADA).await;
        tokio::time::sleep(Duration::from_secs(retry_after(&locked))).await;
        log_in(&app, PASSWORD).await.expect(200);
    }

    async fn a_token_of_a_program_is_shown_once_and_ends_at_once(db) {
        let app = App::start(db).await;
        let new = json!({"name": "nightly", "scopes": ["books:read"]});
        let made = app.post("/v1/api-tokens", &new).await.expect(201);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        let path = made.header("location").unwrap().to_owned();
        let token = member(&made.json(), "token");
        assert!(token.starts_with("tsk_"));
        get_as(&app, &token, "/v1/portfolios").await.expect(200);
        let me = get_as(&app, &token, "/v1/me").await.expect(200).json();
        assert_eq!(me["scopes"], json!(["books:read"]));
        let portfolio = json!({"name": "A", "base_currency": "USD"});
        post_as(&app, &token, "/v1/portfolios", &portfolio).await.problem(403, "permission_denied");
        post_as(&app, &token, "/v1/api-tokens", &new).await.problem(403, "permission_denied");
        for path in ["/v1/api-tokens", &path] {
            let shown = app.get(path).await.expect(200);
            assert!(!shown.text.contains(&token), "{path}");
        }

        app.delete(&path).await.expect(200);
        get_as(&app, &token, "/v1/portfolios").await.problem(401, "credentials_invalid");
        let kept = app.post_with_key("/v1/api-tokens", "key", &new).await;
        kept.problem(400, "header_invalid");
    }

    async fn a_token_ends_with_its_time_and_with_its_owner(db) {
        let app = App::start(db).await;
        let soon = chrono::Utc::now() + chrono::TimeDelta::milliseconds(700);
        let new = json!({"name": "short", "scopes": ["books:read"], "expires_at": soon});
        let token = member(&app.post("/v1/api-tokens", &new).await.expect(201).json(), "token");
        tokio::time::sleep(Duration::from_millis(900)).await;
        get_as(&app, &token, "/v1/me").await.problem(401, "credentials_invalid");

        let someone = app.someone("eve@example.org", UserRole::User).await;
        let token = app.people.api_token(someone.id, &[Scope::BooksRead]).await;
        get_as(&app, &token, "/v1/me").await.expect(200);
        let user = format!("/v1/users/{}", someone.id);
        app.patch(&user, &json!({"is_active": false})).await.expect(200);
        get_as(&app, &token, "/v1/me").await.problem(401, "credentials_invalid");
        app.patch(&user, &json!({"is_active": true})).await.expect(200);
        get_as(&app, &token, "/v1/me").await.problem(401, "credentials_invalid");
    }

    async fn credentials_that_are_none_are_refused(db) {
        let app = App::start(db).await;
        let good = app.token.clone();
        let (head, tail) = good.split_at(good.len() - 4);
        let cut = format!("Bearer {head}");
        for given in [
            "", "Bearer", "Bearer ", "Basic YTpi", "Bearer tsk_x", "Bearer a.b.c", &cut,
            &format!("Bearer {head}AAAA"), &format!("Bearer  {good}"), &format!("Bearer {good} {tail}"),
        ] {
            let request = Client::new().get(format!("{}/v1/me", app.url)).header("authorization", given);
            let refused = app.send(request).await;
            refused.problem(401, "credentials_invalid");
            assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"), "{given}");
        }
        let lower = Client::new().get(format!("{}/v1/me", app.url)).header("authorization", format!("bearer {good}"));
        app.send(lower).await.expect(200);
    }

    async fn the_last_administrator_stays(db) {
        let app = App::start(db).await;
        let me = app.get("/v1/me").await.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/users/{me}");
        app.patch(&path, &json!({"role": "user"})).await.problem(409, "last_admin");
        app.patch(&path, &json!({"is_active": false})).await.problem(409, "last_admin");
        let again = json!({"email": "OWNER@example.org", "role": "user"});
        app.post("/v1/users", &again).await.problem(409, "email_taken");
        let weak = json!({"email": "bob@example.org", "role": "user", "password": "bob12345"});
        app.post("/v1/users", &weak).await.problem(422, "validation_failed");
        let odd = json!({"email": "nobody", "role": "user"});
        app.post("/v1/users", &odd).await.problem(422, "validation_failed");
    }
}
