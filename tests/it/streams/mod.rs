//! Streams of a thread's events.

mod ends;
mod faults_cuts;
mod reader;

use entity::values::UserRole;
use reqwest::Method;
use serde_json::json;
use testkit::on_both_engines;

use crate::app::{App, books::id_of};
use reader::{Block, Reader};

on_both_engines! {
    async fn what_happens_in_a_thread_comes_as_it_is_committed_in_the_order_of_its_numbers(db) {
        let app = App::start(db).await;
        let (thread, other) = (app.thread("c").await, app.thread("other").await);
        let before = app.say(&thread, "before").await;
        let mut stream = Reader::open(&app, &thread, "?after=0", None).await;
        assert_eq!(stream.next().await, Some(Block::Position(0)));
        let (id, kind, data) = stream.event().await.unwrap();
        assert_eq!((id, kind.as_str(), &data["change"]), (1, "message", &json!("appended")));
        assert_eq!((&data["message_id"], &data["message_seq"]), (&before["id"], &json!(1)));
        assert!(data["at"].is_string());
        assert!(!data.to_string().contains("before"), "what was said can be deleted");

        app.say(&other, "elsewhere").await;
        let said = id_of(&app.say(&thread, "now").await);
        assert_eq!(stream.event().await.unwrap().2["message_id"], said.as_str());
        let artifact = json!({"kind": "ocr_text", "content": 1});
        let made = app.post(&format!("/v1/messages/{said}/artifacts"), &artifact).await.expect(201).json();
        let path = format!("/v1/artifacts/{}", id_of(&made));
        app.put(&path, &json!({"content": 2})).await.expect(200);
        app.put(&path, &json!({"content": 2})).await.expect(200);
        app.delete(&format!("/v1/messages/{said}")).await.expect(204);
        for (number, kind, change) in [
            (3, "artifact", "attached"), (4, "artifact", "changed"), (5, "message", "deleted"),
        ] {
            let (id, found, data) = stream.event().await.unwrap();
            assert_eq!((id, found.as_str(), &data["change"]), (number, kind, &json!(change)));
        }
    }

    async fn a_stream_goes_on_where_its_reader_was(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        for n in 0..250 {
            app.say(&thread, &n.to_string()).await;
        }
        let from = async |query: &str, last, count| {
            Reader::open(&app, &thread, query, last).await.ids(count).await
        };
        assert_eq!(from("?after=0", None, 250).await, (1..=250).collect::<Vec<_>>());
        assert_eq!(from("?after=247", None, 3).await, [248, 249, 250]);
        assert_eq!(from("", Some(248), 2).await, [249, 250]);
        assert_eq!(from("?after=0", Some(249), 1).await, [250], "the header counts first");

        let mut present = Reader::open(&app, &thread, "", None).await;
        assert_eq!(present.next().await, Some(Block::Position(250)), "before anything comes");
        app.say(&thread, "news").await;
        assert_eq!(present.ids(1).await, [251]);
    }

    async fn without_following_a_stream_ends_with_what_is_there(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        for n in 0..201 {
            app.say(&thread, &n.to_string()).await;
        }
        let mut stream = Reader::open(&app, &thread, "?follow=false&after=0", None).await;
        let mut events = 0;
        while let Some((id, ..)) = stream.event().await {
            events += 1;
            assert_eq!(id, events);
        }
        assert_eq!(events, 201);
    }

    async fn what_no_stream_can_begin_with_is_refused(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        app.say(&thread, "one").await;
        let path = format!("/v1/threads/{thread}/events");
        let beyond = app.get(&format!("{path}?after=2")).await;
        beyond.problem(422, "validation_failed");
        for query in ["?after=-1", "?after=x", "?after=99999999999999999999", "?follow=maybe"] {
            app.get(&format!("{path}{query}")).await.problem(400, "parameter_invalid");
        }
        for last in ["2", "-1", "one", ""] {
            let request = app.request(Method::GET, &path).header("last-event-id", last);
            app.send(request).await.problem(400, "header_invalid");
        }
        let stranger = app.someone("stranger@example.org", UserRole::Admin).await;
        let theirs = app.request_as(&stranger, Method::GET, &path);
        app.send(theirs).await.problem(404, "thread_not_found");
    }

    async fn what_another_process_commits_wakes_a_stream_too(db) {
        let app = App::start(db).await;
        let beside = App::beside(&app).await;
        let thread = app.thread("c").await;
        let mut stream = Reader::open(&app, &thread, "", None).await;
        beside.say(&thread, "from there").await;
        assert_eq!(stream.ids(1).await, [1]);
    }
}
