//! How streams end, and what they are held to.

use std::time::Duration;

use db::Tx;
use entity::values::{StreamEventKind, ThreadId};
use identity::{Actor, Clock, Ctx};
use reqwest::Method;
use serde_json::json;
use testkit::on_both_engines;
use tokio::time::{sleep, timeout};

use super::reader::{Block, Reader};
use crate::app::{App, people::client_with};

/// Nothing here takes as long.
const PATIENCE: Duration = Duration::from_mins(1);

/// The rest of a stream up to its end.
async fn rest(stream: &mut Reader) -> Vec<Block> {
    let mut blocks = Vec::new();
    let reading = async {
        while let Some(block) = stream.next().await {
            blocks.push(block);
        }
    };
    timeout(PATIENCE, reading).await.expect("the stream ends");
    blocks
}

fn comment(text: &str) -> Block {
    Block::Comment(text.to_owned())
}

async fn wait_for_streams(app: &App, count: usize) {
    let line = format!("tallystick_open_streams {count}\n");
    let waiting = async {
        while !app.get("/metrics").await.text.contains(&line) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("as many streams");
}

on_both_engines! {
    async fn a_stream_ends_with_a_last_word_when_the_service_stops(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let mut streams = Vec::new();
        for _ in 0..5 {
            streams.push(Reader::open(&app, &thread, "", None).await);
        }
        let stopped = app.stop();
        for stream in &mut streams {
            assert_eq!(rest(stream).await.last(), Some(&comment("the service stops")));
        }
        timeout(PATIENCE, stopped).await.expect("the service stops");
    }

    async fn a_stream_ends_with_its_credentials(db) {
        let app = App::start_with(db, |config| {
            config.stream_keep_alive = Duration::from_millis(50);
        }).await;
        let thread = app.thread("c").await;
        let made = app.post("/v1/api-tokens", &json!({"name": "bot", "scopes": ["books:read"]})).await;
        let made = made.expect(201).json();
        let url = format!("{}/v1/threads/{thread}/events", app.url);
        let client = client_with(made["token"].as_str().unwrap());
        let mut stream = Reader::of(client.get(url).send().await.unwrap());
        assert_eq!(stream.next().await, Some(Block::Position(0)));
        for _ in 0..3 {
            assert_eq!(stream.next().await, Some(comment("alive")));
        }
        app.delete(&format!("/v1/api-tokens/{}", made["id"].as_str().unwrap())).await.expect(200);
        let last = comment("the credentials are not good any more");
        assert_eq!(rest(&mut stream).await.last(), Some(&last));
    }

    async fn a_user_has_so_many_streams_at_a_time(db) {
        let app = App::start_with(db, |config| {
            config.max_streams_per_user = 2;
            config.stream_keep_alive = Duration::from_millis(50);
        }).await;
        let thread = app.thread("c").await;
        let path = format!("/v1/threads/{thread}/events");
        let (first, _second) = (
            Reader::open(&app, &thread, "", None).await, Reader::open(&app, &thread, "", None).await,
        );
        wait_for_streams(&app, 2).await;
        let refused = app.get(&path).await;
        refused.problem(429, "too_many_streams");
        assert!(refused.header("retry-after").is_some());
        let other = app.someone("other@example.org", entity::values::UserRole::User).await;
        let chat = json!({"platform": "chat", "chat_id": "c"});
        let made = app.send(app.request_as(&other, Method::PUT, "/v1/threads").json(&chat)).await;
        let theirs = format!("/v1/threads/{}/events?follow=false", made.json()["id"].as_str().unwrap());
        app.send(app.request_as(&other, Method::GET, &theirs)).await.expect(200);
        drop(first);
        wait_for_streams(&app, 1).await;
        app.get(&format!("{path}?follow=false")).await.expect(200);
    }

    async fn who_takes_nothing_of_a_stream_is_cut_and_goes_on_later(db) {
        const EVENTS: i64 = 240;

        let app = App::start_with(db, |config| {
            config.deadlines.answer = Duration::from_millis(200);
        }).await;
        let thread: ThreadId = app.thread("c").await.parse().unwrap();
        fill(&app, thread, EVENTS).await;
        let thread = thread.to_string();
        let mut stream = Reader::open(&app, &thread, "?after=0", None).await;
        let mut ids = stream.ids(1).await;
        // More waits than any buffer between the two holds.
        wait_for_streams(&app, 0).await;
        while let Some((id, ..)) = stream.event().await {
            ids.push(id);
        }
        assert!(ids.len() < 240, "it was not cut");
        // On a busy machine the reader itself is too slow now and then, and is cut once more.
        while ids.last() != Some(&EVENTS) {
            let mut again = Reader::open(&app, &thread, "", ids.last().copied()).await;
            while ids.last() != Some(&EVENTS)
                && let Some((id, ..)) = again.event().await
            {
                ids.push(id);
            }
        }
        assert_eq!(ids, (1..=EVENTS).collect::<Vec<_>>());
    }
}

/// Events of 100 kB each.
async fn fill(app: &App, thread: ThreadId, count: i64) {
    let clock = Clock::new(chrono::Utc::now);
    let ctx = Ctx::new(
        Actor::user(app.user),
        app.user,
        "test".into(),
        clock,
        &app.database,
    );
    let text = "x".repeat(100_000);
    let work = async |tx: Tx| -> Result<(), workflow::Error> {
        workflow::queues::lock(&ctx, &tx, thread).await?;
        for _ in 0..count {
            let data = json!({"text": text});
            workflow::stream::publish(&ctx, &tx, thread, StreamEventKind::Job, data).await?;
        }
        Ok(())
    };
    ctx.database.write(work).await.unwrap();
}
