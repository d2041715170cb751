//! What must be known to nobody else stays out of the logs, whatever they are set to show, and out of every
//! refusal.

mod run;

use std::{cell::RefCell, fs};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use testkit::{TestDatabase, on_both_engines};

use crate::support::{Home, Service};
use run::{Run, agent, with_password};

const ADA: &str = "ada@example.org";
const FIRST: &str = "seven lanterns drift 41";
const SECOND: &str = "quiet copper harbour 58";
const GIVEN: &str = "narrow violet bridges 73";
const WRONG: &str = "wrong but somebodys own 19";
const DATABASE: &str = "the-password-of-the-database";

/// Everything that has to do with passwords and sessions, right and wrong.
fn use_sessions(run: &Run, service: &Service) -> String {
    let wrong = json!({"email": ADA, "password": WRONG});
    assert_eq!(run.post(service, "/v1/auth/login", None, &wrong).0, 401);
    let in_the_wrong_field = json!({"email": WRONG, "password": FIRST});
    let refused = run.post(service, "/v1/auth/login", None, &in_the_wrong_field);
    assert_eq!(refused.0, 401);
    let one_too_many = json!({"email": "nobody@example.org", "password": WRONG, "more": GIVEN});
    assert_eq!(
        run.post(service, "/v1/auth/login", None, &one_too_many).0,
        400
    );
    let no_text = json!({"email": ADA, "password": [FIRST]});
    assert_eq!(run.post(service, "/v1/auth/login", None, &no_text).0, 400);

    let (access, refresh) = run.log_in(service, FIRST);
    let body = json!({"refresh_token": refresh});
    let (status, next) = run.post(service, "/v1/auth/refresh", None, &body);
    assert_eq!(status, 200, "{next}");
    run.session(&next);
    assert_eq!(
        run.post(service, "/v1/auth/refresh", None, &body).0,
        401,
        "used twice"
    );
    assert_eq!(
        run.get(service, "/v1/me", &access).0,
        401,
        "the session has ended"
    );

    let (access, _) = run.log_in(service, FIRST);
    assert_eq!(run.get(service, "/v1/me", &format!("{access}x")).0, 401);
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        run.post(service, "/v1/auth/password", Some(&access), &body)
            .0
    };
    assert_eq!(change(WRONG, SECOND), 401);
    assert_eq!(change(FIRST, "password"), 422);
    assert_eq!(change(FIRST, SECOND), 204);
    run.log_in(service, SECOND).0
}

fn use_tokens(run: &Run, service: &Service, access: &str) {
    let body = json!({"name": "robot", "scopes": ["books:read"]});
    let (status, made) = run.post(service, "/v1/api-tokens", Some(access), &body);
    assert_eq!(status, 201, "{made}");
    let token = text(&made, "token");
    run.keep("a program's token", token);
    assert_eq!(run.get(service, "/v1/portfolios", token).0, 200);
    assert_eq!(run.get(service, "/v1/users", token).0, 403);
    let in_url = format!("/v1/portfolios?token={token}");
    assert_eq!(run.get(service, &in_url, token).0, 400);
    let (_, ended) = run.get(service, "/v1/me", &token.to_lowercase());
    assert_eq!(ended["code"], "credentials_invalid");

    let body = json!({"email": "bob@example.org", "display_name": "Bob", "role": "user", "password": GIVEN});
    assert_eq!(run.post(service, "/v1/users", Some(access), &body).0, 201);
    assert_eq!(run.post(service, "/v1/users", Some(access), &body).0, 409);
}

fn use_signals(run: &Run, service: &Service, secret: &str) {
    let body =
        r#"{"instrument":"NKE","side":1,"time":"2026-01-02T03:04:05Z","payload":null,"version":1}"#;
    let key = STANDARD.decode(&secret["whsec_".len()..]).unwrap();
    let time = chrono::Utc::now().timestamp().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{body}{time}momentum").as_bytes());
    let right = STANDARD.encode(mac.finalize().into_bytes());
    for (signature, expected) in [(right.as_str(), 201), (secret, 401)] {
        let request = agent().post(format!("{}/v1/signals", service.url));
        let request = request
            .header("Content-Type", "application/json")
            .header("X-Signal-Producer", "momentum")
            .header("X-Signal-Timestamp", &time)
            .header("X-Signal-Signature", signature);
        let (status, answer) = run.read("/v1/signals", request.send(body).unwrap());
        assert_eq!(status, expected, "{answer}");
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

/// The private halves of the service's keys, as they are in their files.
fn keep_keys(run: &Run) {
    for file in fs::read_dir(run.home.path("data/keys")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "json") {
            let key: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            run.keep("a key of the service", text(&key, "private_key"));
        }
    }
}

fn tell_nothing(db: &TestDatabase, format: &str) {
    let run = Run::new(db, format);
    let add_ada = format!("user add {ADA} --role admin --password-stdin --json");
    run.command(&add_ada, FIRST).succeeded();
    run.command(
        "user add weak@example.org --password-stdin",
        "weak@example.org",
    )
    .failed_with(&["password"]);
    let made = run.json("user add eve@example.org --json");
    run.keep("a password that was made up", text(&made, "password"));
    let made = run.json(&format!(
        "token create --user {ADA} --scope books:read --json"
    ));
    run.keep("a program's token", text(&made, "token"));
    let producer = run.json(&format!("producer add momentum --user {ADA} --json"));
    let secret = text(&producer, "secret").to_owned();
    run.keep("a producer's secret", &secret["whsec_".len()..]);

    let service = run.home.serve("serve");
    let access = use_sessions(&run, &service);
    use_tokens(&run, &service, &access);
    use_signals(&run, &service, &secret);
    run.command("keys rotate", "").succeeded();
    keep_keys(&run);
    run.log_in(&service, SECOND);
    assert_eq!(service.stop_with("-TERM"), Some(0));

    let log = run.home.service_log();
    assert!(
        log.contains("/v1/auth/login") && log.contains("TRACE"),
        "the log shows everything"
    );
    run.see("the service's log", log);
    for line in ["doctor --json", "user list", "audit list --all --json"] {
        let ran = run.command(line, "");
        run.see(format!("stdout of `{line}`"), ran.stdout);
    }
    let unreachable = with_password("postgres://somebody@127.0.0.1:1/nothing?connect_timeout=1");
    let mut failed = run.home.command(&["user", "list"]);
    let failed = failed.env("DATABASE_URL", unreachable).output().unwrap();
    assert!(!failed.status.success());
    run.see(
        "stderr without a database",
        String::from_utf8_lossy(&failed.stderr),
    );
    run.judge();
}

on_both_engines! {
    async fn no_secret_of_a_whole_run_is_logged_as_text(db) {
        tell_nothing(&db, "text");
    }

    async fn no_secret_of_a_whole_run_is_logged_as_json(db) {
        tell_nothing(&db, "json");
    }
}

/// That the tests above would find something.
#[test]
#[should_panic(expected = "a password stands in a log")]
fn a_secret_that_is_logged_is_found() {
    let run = Run {
        home: Home::new(),
        secrets: RefCell::new(vec![("a password", FIRST.to_owned())]),
        seen: RefCell::default(),
    };
    run.see("a log", format!("body={FIRST}"));
    run.judge();
}
