//! Clients that take their time: short deadlines here, so that they end while a test looks.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use api::ApiConfig;
use db::ConnectionTrait;
use sea_orm::DbBackend;
use serde_json::json;
use testkit::on_both_engines;

use crate::app::App;

/// Longer than any deadline: only what is never cut fails by it.
pub const GENEROUS: Duration = Duration::from_secs(20);

pub fn impatient(config: &mut ApiConfig) {
    config.deadlines.head = Duration::from_millis(400);
    config.deadlines.body = Duration::from_millis(400);
    config.deadlines.answer = Duration::from_millis(400);
}

pub fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(GENEROUS)).unwrap();
    stream
}

/// Works on a thread for blocking calls: the test's own looks after its database.
pub async fn aside(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

pub fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

/// What comes until the server closes the connection, which it must.
pub fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => text.extend_from_slice(&piece[..length]),
            Err(error) if is_timeout(&error) => panic!("the connection is still open"),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut)
}

/// Sends a byte now and then until the server has had enough.
pub fn drip(stream: &mut TcpStream, byte: &str) {
    let pause = Duration::from_millis(50);
    let longest = GENEROUS.as_millis() / pause.as_millis();
    for _ in 0..longest {
        std::thread::sleep(pause);
        if stream.write_all(byte.as_bytes()).is_err() {
            return;
        }
    }
    panic!("the server listens for ever");
}

/// As far as the headers that say how long the body is.
pub fn head_of_post(app: &App) -> String {
    let authorization = authorization(app);
    format!(
        "POST /v1/portfolios HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\n"
    )
}

pub fn authorization(app: &App) -> String {
    format!("Authorization: Bearer {}\r\n", app.token)
}

pub const CHUNKED: &str = "Transfer-Encoding: chunked\r\n\r\n";

#[track_caller]
pub fn assert_refused(answer: &str, status: u16, code: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer:?}"
    );
    assert!(
        answer.contains(&format!("\"code\":\"{code}\"")),
        "{answer:?}"
    );
    assert!(
        answer.to_lowercase().contains("connection: close"),
        "{answer:?}"
    );
}

on_both_engines! {
    async fn a_head_that_does_not_come_ends_the_connection(db) {
        let app = App::start_with(db, impatient).await;
        let url = app.url.clone();
        aside(move || {
            for start in ["", "G", "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
                let mut stream = connect(&url);
                send(&mut stream, start);
                let answer = rest(&mut stream);
                assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer:?}");
            }
            let mut stream = connect(&url);
            send(&mut stream, "GET /livez HTTP/1.1\r\nX-Slow: ");
            drip(&mut stream, "x");
        })
        .await;
    }

    async fn a_later_head_has_no_more_time_than_the_first(db) {
        let app = App::start_with(db, impatient).await;
        let url = app.url.clone();
        aside(move || {
            for start in ["G", "GET /livez HTTP/1.1\r\nX-Slow: "] {
                let mut stream = connect(&url);
                send(&mut stream, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
                let mut first = [0; 12];
                stream.read_exact(&mut first).unwrap();
                assert_eq!(&first, b"HTTP/1.1 200");
                send(&mut stream, start);
                let second = rest(&mut stream);
                assert!(!second.contains("HTTP/1.1 200"), "{second:?}");
            }
        })
        .await;
    }

    async fn between_requests_a_connection_may_rest(db) {
        let app = App::start_with(db, impatient).await;
        let url = app.url.clone();
        aside(move || {
            let mut stream = connect(&url);
            for _ in 0..3 {
                send(&mut stream, "HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
                let mut answer = [0; 12];
                stream.read_exact(&mut answer).unwrap();
                assert_eq!(&answer, b"HTTP/1.1 200");
                let mut headers = [0; 4096];
                assert!(stream.read(&mut headers).unwrap() > 0);
                std::thread::sleep(Duration::from_millis(700));
            }
        })
        .await;
    }

    async fn a_body_that_does_not_come_is_refused(db) {
        let app = App::start_with(db, impatient).await;
        let post = head_of_post(&app);
        let authorization = authorization(&app);
        let url = app.url.clone();
        aside(move || {
            for framing in ["Content-Length: 100\r\n\r\n{\"name\":", &format!("{CHUNKED}2\r\n{{\"\r\n")] {
                let mut stream = connect(&url);
                send(&mut stream, &format!("{post}{framing}"));
                assert_refused(&rest(&mut stream), 408, "body_timeout");
            }
            let path = "/v1/packs/PP_2025-10-21/prices";
            let mut stream = connect(&url);
            let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: text/csv\r\n");
            send(&mut stream, &format!("{head}Content-Length: 1000000\r\n\r\nsymbol,"));
            assert_refused(&rest(&mut stream), 408, "body_timeout");
        })
        .await;
    }

    async fn a_body_below_the_slowest_rate_is_refused_however_steadily_it_comes(db) {
        let app = App::start_with(db, impatient).await;
        let post = head_of_post(&app);
        let url = app.url.clone();
        aside(move || {
            let mut stream = connect(&url);
            send(&mut stream, &format!("{post}Content-Length: 100000\r\n\r\n"));
            drip(&mut stream, " ");
        })
        .await;
    }

    async fn a_long_body_has_the_time_that_its_length_takes(db) {
        let app = App::start_with(db, |config| {
            impatient(config);
            config.deadlines.body_bytes_per_second = 100;
        })
        .await;
        let post = head_of_post(&app);
        let url = app.url.clone();
        aside(move || {
            let body = format!("{{\"name\":\"Slow\",{}\"base_currency\":\"USD\"}}", " ".repeat(1000));
            let (first, last) = body.split_at(900);
            let mut stream = connect(&url);
            let length = body.len();
            send(&mut stream, &format!("{post}Connection: close\r\nContent-Length: {length}\r\n\r\n{first}"));
            std::thread::sleep(Duration::from_millis(1200));
            send(&mut stream, last);
            let answer = rest(&mut stream);
            assert!(answer.starts_with("HTTP/1.1 201"), "{answer:?}");
        })
        .await;
    }

    async fn a_request_that_takes_too_long_is_given_up_and_leaves_nothing_behind(db) {
        let app = App::start_with(db, |config| {
            config.deadlines.request = Duration::from_millis(300);
        })
        .await;
        let body = json!({"name": "Late", "base_currency": "USD"});
        let busy = app.database.write(async |tx: db::Tx| {
            if tx.get_database_backend() == DbBackend::Postgres {
                tx.execute_unprepared("LOCK TABLE portfolios").await?;
            }
            Ok::<_, db::Error>(app.post("/v1/portfolios", &body).await)
        });
        let reply = busy.await.unwrap();
        reply.problem(503, "request_timeout");
        assert!(reply.header("retry-after").is_some());
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        let portfolios = app.get("/v1/portfolios").await.expect(200).json();
        assert_eq!(portfolios["items"].as_array().unwrap().len(), 0, "{portfolios}");
        app.post("/v1/portfolios", &body).await.expect(201);
    }
}
