use std::{cell::RefCell, io::Write, process::Stdio};

use serde_json::{Value, json};
use testkit::TestDatabase;

use super::{ADA, DATABASE, FIRST, GIVEN, SECOND, WRONG};
use crate::support::{Home, Ran, Service};

/// A run of the program, and all that it printed, logged and refused meanwhile.
pub struct Run {
    pub home: Home,
    pub secrets: RefCell<Vec<(&'static str, String)>>,
    pub seen: RefCell<Vec<(String, String)>>,
}

impl Run {
    pub fn new(db: &TestDatabase, format: &str) -> Self {
        let home = Home::on(&with_password(&db.url))
            .with("TALLYSTICK__LOG__LEVEL", "trace")
            .with("TALLYSTICK__LOG__FORMAT", format)
            .with("TALLYSTICK__SIGNALS__PRODUCERS_FILE", "producers.toml")
            .without_rate_limits();
        let home = if db.url == db.owner_url {
            home
        } else {
            home.with("DATABASE_OWNER_URL", &with_password(&db.owner_url))
        };
        let run = Self {
            home,
            secrets: RefCell::default(),
            seen: RefCell::default(),
        };
        run.keep("the database's password", DATABASE);
        for password in [FIRST, SECOND, GIVEN, WRONG] {
            run.keep("a password", password);
        }
        run
    }

    pub fn keep(&self, what: &'static str, secret: &str) {
        assert!(secret.len() >= 16, "{what} is too short to be looked for");
        self.secrets.borrow_mut().push((what, secret.to_owned()));
    }

    pub fn see(&self, place: impl Into<String>, text: impl Into<String>) {
        self.seen.borrow_mut().push((place.into(), text.into()));
    }

    /// A command, by its words; what it logs is seen. What it answers may hold the one secret that it
    /// shows once.
    pub fn command(&self, line: &str, input: &str) -> Ran {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = self.home.command(&words);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let ran = Ran::from(child.wait_with_output().unwrap());
        self.see(format!("stderr of `{line}`"), ran.stderr.clone());
        ran
    }

    pub fn json(&self, line: &str) -> Value {
        let ran = self.command(line, "").succeeded();
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// A request; what is refused is seen.
    pub fn post(
        &self,
        service: &Service,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> (u16, Value) {
        let request = agent()
            .post(format!("{}{path}", service.url))
            .content_type("application/json");
        let request = match token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        };
        self.read(path, request.send(body.to_string()).unwrap())
    }

    pub fn get(&self, service: &Service, path: &str, token: &str) -> (u16, Value) {
        let request = agent().get(format!("{}{path}", service.url));
        let request = request.header("Authorization", format!("Bearer {token}"));
        self.read(path, request.call().unwrap())
    }

    pub fn read(&self, path: &str, mut answer: ureq::http::Response<ureq::Body>) -> (u16, Value) {
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().unwrap();
        if status >= 400 {
            self.see(
                format!("{status} of {path}"),
                format!("{:?} {text}", answer.headers()),
            );
        }
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    pub fn log_in(&self, service: &Service, password: &str) -> (String, String) {
        let body = json!({"email": ADA, "password": password});
        let (status, session) = self.post(service, "/v1/auth/login", None, &body);
        assert_eq!(status, 200, "{session}");
        self.session(&session)
    }

    pub fn session(&self, session: &Value) -> (String, String) {
        let [access, refresh] = ["access_token", "refresh_token"]
            .map(|name| session[name].as_str().unwrap().to_owned());
        self.keep("an access token", &access);
        self.keep(
            "an access token's signature",
            access.rsplit('.').next().unwrap(),
        );
        self.keep("a refresh token", &refresh);
        (access, refresh)
    }

    /// Fails if anything that was seen holds a secret.
    pub fn judge(&self) {
        let (secrets, seen) = (self.secrets.borrow(), self.seen.borrow());
        for (place, text) in seen.iter() {
            for (what, secret) in secrets.iter() {
                let at = text.find(secret.as_str());
                let before = at.map(|at| text[..at].lines().last().unwrap_or_default());
                assert!(at.is_none(), "{what} stands in {place}, after {before:?}");
            }
        }
    }
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

/// The URL of a server that asks for no password, with one all the same; SQLite has none.
pub fn with_password(url: &str) -> String {
    match url.split_once('@') {
        Some((before, after)) => format!("{before}:{DATABASE}@{after}"),
        None => url.to_owned(),
    }
}
