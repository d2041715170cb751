//! A producer, who signs by the letter of the two forms.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Utc;
use hmac::{Hmac, KeyInit, Mac};
use identity::webhook::{Producer, Producers};
use reqwest::{Method, RequestBuilder};
use sha2::Sha256;
use testkit::TestDatabase;

use crate::app::{App, Reply};

/// Two secrets that are valid at once, and one that is not.
pub const KEYS: [&[u8]; 3] = [
    b"\x11first key of a producer",
    b"\x12other key of a producer",
    b"\x13a key that nobody knows.",
];

pub fn secret(key: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// A service that knows the producer `momentum`, for its owner.
pub async fn app(db: TestDatabase) -> App {
    app_for(db, "owner@example.org").await
}

pub async fn app_for(db: TestDatabase, user: &str) -> App {
    let secrets = KEYS[..2].iter().map(|key| secret(key)).collect::<Vec<_>>();
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let producer = Producer::new("momentum", user, &secrets).unwrap();
    App::start_with(db, |config| {
        config.producers = Arc::new(Producers::from_iter([producer]));
    })
    .await
}

pub fn hmac(key: &[u8], parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// How a signal is signed and sent.
#[derive(Clone, Debug)]
pub struct Sender {
    pub producer: &'static str,
    /// `None` for the plain form.
    pub id: Option<String>,
    pub key: Vec<u8>,
    /// Seconds that the sender's clock is ahead.
    pub ahead: i64,
}

impl Sender {
    pub fn standard(id: &str) -> Self {
        Self {
            producer: "momentum",
            id: Some(id.to_owned()),
            key: KEYS[0].to_vec(),
            ahead: 0,
        }
    }

    pub fn plain() -> Self {
        Self {
            id: None,
            ..Self::standard("")
        }
    }

    /// Both forms.
    pub fn both() -> [Self; 2] {
        [Self::standard("msg_1"), Self::plain()]
    }

    /// The headers of a message that is signed now.
    pub fn headers(&self, body: &[u8]) -> Vec<(&'static str, String)> {
        let time = (Utc::now().timestamp() + self.ahead).to_string();
        let mut headers = vec![("X-Signal-Producer", self.producer.to_owned())];
        if let Some(id) = &self.id {
            let parts = [id.as_bytes(), b".", time.as_bytes(), b".", body];
            let signature = format!("v1,{}", hmac(&self.key, &parts));
            headers.push(("webhook-id", id.clone()));
            headers.push(("webhook-timestamp", time));
            headers.push(("webhook-signature", signature));
        } else {
            let parts = [body, time.as_bytes(), self.producer.as_bytes()];
            let signature = hmac(&self.key, &parts);
            headers.push(("X-Signal-Timestamp", time));
            headers.push(("X-Signal-Signature", signature));
        }
        headers
    }

    pub async fn send(&self, app: &App, body: impl ToString) -> Reply {
        let body = body.to_string();
        let headers = self.headers(body.as_bytes());
        app.send(request(app, &headers, body)).await
    }
}

pub fn request(
    app: &App,
    headers: &[(&'static str, String)],
    body: impl Into<reqwest::Body>,
) -> RequestBuilder {
    request_to(app, "/v1/signals", headers, body)
}

pub fn request_to(
    app: &App,
    path: &str,
    headers: &[(&'static str, String)],
    body: impl Into<reqwest::Body>,
) -> RequestBuilder {
    let request = app
        .request(Method::POST, path)
        .header("content-type", "application/json");
    let signed = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, value)
    });
    signed.body(body)
}
