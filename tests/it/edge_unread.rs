//! Clients that go on sending what nobody reads, or do not read what they asked for.

use std::{io::Write, time::Duration};

use testkit::on_both_engines;

use crate::{
    app::App,
    edge_slow::{
        CHUNKED, aside, assert_refused, authorization, connect, drip, head_of_post, impatient,
        rest, send,
    },
};

/// More than the buffers of both ends hold.
const QUESTIONS: usize = 400;

on_both_engines! {
    async fn a_body_that_was_refused_is_not_waited_for(db) {
        let app = App::start_with(db, |config| config.max_body_bytes = 1000).await;
        let post = head_of_post(&app);
        let url = app.url.clone();
        aside(move || {
            let mut stream = connect(&url);
            send(&mut stream, &format!("{post}Content-Length: 1001\r\n\r\n"));
            assert_refused(&rest(&mut stream), 413, "body_too_large");

            let mut silent = connect(&url);
            let chunk = format!("{CHUNKED}7d0\r\n{}\r\n", " ".repeat(2000));
            send(&mut silent, &format!("{post}{chunk}"));
            assert_refused(&rest(&mut silent), 413, "body_too_large");
        })
        .await;
    }

    async fn nobody_keeps_a_connection_with_a_body_that_never_ends(db) {
        let app = App::start_with(db, impatient).await;
        let authorization = authorization(&app);
        let url = app.url.clone();
        aside(move || {
            for path in ["/nowhere", "/v1/portfolios"] {
                let mut stream = connect(&url);
                let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: text/html\r\n");
                send(&mut stream, &format!("{head}{CHUNKED}"));
                drip(&mut stream, "1\r\nx\r\n");
            }
        })
        .await;
    }

    async fn a_chunked_body_that_was_read_leaves_the_connection_open(db) {
        let app = App::start_with(db, impatient).await;
        let post = head_of_post(&app);
        let url = app.url.clone();
        aside(move || {
            let mut stream = connect(&url);
            for name in ["First", "Second"] {
                let body = format!("{{\"name\":\"{name}\",\"base_currency\":\"USD\"}}");
                let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
                send(&mut stream, &format!("{post}{CHUNKED}{chunk}"));
            }
            send(&mut stream, "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let answers = rest(&mut stream);
            assert_eq!(answers.matches("HTTP/1.1 201 ").count(), 2, "{answers}");
            assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 1, "{answers}");
        })
        .await;
    }

    async fn a_client_that_does_not_take_its_answers_is_cut_off(db) {
        let app = App::start_with(db, impatient).await;
        let url = app.url.clone();
        aside(move || {
            let mut stream = connect(&url);
            let question = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
            // The server may have had enough before all is sent.
            let _ = stream.write_all(question.repeat(QUESTIONS).as_bytes());
            std::thread::sleep(Duration::from_secs(3));
            let answers = rest(&mut stream);
            let answered = answers.matches("HTTP/1.1 200 ").count();
            assert!(answered < QUESTIONS, "all {answered} answers were kept for it");
        })
        .await;
        app.get("/livez").await.expect(200);
    }
}
