use entity::values::UserRole;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, books::id_of};

fn texts(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|message| message["text"].as_str().unwrap())
        .collect()
}

on_both_engines! {
    async fn the_same_platform_id_is_the_same_message(db) {
        let app = App::start(db).await;
        let path = format!("/v1/threads/{}/messages", app.thread("c").await);
        let message = json!({
            "role": "user", "text": "Buy?", "author": "ann", "platform_message_id": "m-1", "raw_payload": "{}",
        });
        let first = app.post(&path, &message).await.expect(201);
        let said = first.json();
        let place = format!("/v1/messages/{}", id_of(&said));
        assert_eq!(first.header("location"), Some(place.as_str()));
        assert_eq!((&said["seq"], &said["raw_payload"]), (&json!(1), &json!("{}")));
        let again = json!({"role": "user", "text": "Buy now?", "platform_message_id": "m-1"});
        assert_eq!(app.post(&path, &again).await.expect(200).json(), said);
        assert_eq!(app.get(&place).await.expect(200).json(), said);
        let page = app.get(&path).await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert_eq!(page["items"][0]["raw_payload"], Value::Null, "lists leave it out");
    }

    async fn pages_have_30_messages_newest_first_and_can_be_turned_both_ways(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        for n in 0..32 {
            app.say(&thread, &n.to_string()).await;
        }
        let path = format!("/v1/threads/{thread}/messages");
        let newest = app.get(&path).await.expect(200).json();
        let expected: Vec<String> = (2..32).rev().map(|n: i32| n.to_string()).collect();
        assert_eq!(texts(&newest), expected);
        let turn = async |page: &Value, way: &str| {
            let cursor = page[way].as_str().unwrap();
            app.get(&format!("{path}?cursor={cursor}")).await.expect(200).json()
        };
        let oldest = turn(&newest, "next_cursor").await;
        assert_eq!((texts(&oldest), &oldest["next_cursor"]), (vec!["1", "0"], &Value::Null));
        assert_eq!(turn(&oldest, "previous_cursor").await["items"], newest["items"]);
        let waiting = turn(&newest, "previous_cursor").await;
        assert!(texts(&waiting).is_empty());
        app.say(&thread, "news").await;
        assert_eq!(texts(&turn(&waiting, "previous_cursor").await), ["news"]);
        app.get(&format!("{path}?cursor=e30")).await.problem(400, "cursor_invalid");
    }

    async fn words_are_found_in_a_thread_and_in_all_of_ones_own(db) {
        let app = App::start(db).await;
        let (one, two) = (app.thread("1").await, app.thread("2").await);
        app.say(&one, "Sell NKE today").await;
        app.say(&two, "selling NKE, or not").await;
        app.say(&two, "Buy KO").await;
        let stranger = app.someone("stranger@example.org", UserRole::User).await;
        let search = async |path: &str| app.get(path).await.expect(200).json();
        assert_eq!(texts(&search("/v1/messages?q=nke%20SELL").await), ["selling NKE, or not", "Sell NKE today"]);
        assert_eq!(texts(&search("/v1/messages?q=sell%20nke&limit=1").await).len(), 1);
        let in_one = format!("/v1/threads/{one}/messages?q=sell");
        assert_eq!(texts(&search(&in_one).await), ["Sell NKE today"]);
        let theirs = app.send(app.request_as(&stranger, Method::GET, "/v1/messages?q=sell")).await;
        assert_eq!(theirs.expect(200).json()["items"], json!([]));
        for q in ["", "%20", "-"] {
            app.get(&format!("/v1/messages?q={q}")).await.problem(400, "parameter_invalid");
        }
    }

    async fn a_deleted_message_says_nothing_and_keeps_its_number(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let said = app.say(&thread, "a secret").await;
        app.say(&thread, "after").await;
        let path = format!("/v1/messages/{}", id_of(&said));
        for _ in 0..2 {
            app.delete(&path).await.expect(204);
        }
        let left = app.get(&path).await.expect(200).json();
        assert_eq!((&left["text"], &left["seq"]), (&json!(""), &json!(1)));
        assert!(left["deleted_at"].is_string());
        let page = app.get(&format!("/v1/threads/{thread}/messages")).await.expect(200).json();
        assert_eq!(texts(&page), ["after", ""]);
        assert_eq!(app.get("/v1/messages?q=secret").await.expect(200).json()["items"], json!([]));
    }

    async fn a_message_is_appended_once_with_an_idempotency_key(db) {
        let app = App::start(db).await;
        let path = format!("/v1/threads/{}/messages", app.thread("c").await);
        let message = json!({"role": "user", "text": "once"});
        let first = app.post_with_key(&path, "k-1", &message).await.expect(201).json();
        assert_eq!(app.post_with_key(&path, "k-1", &message).await.expect(201).json(), first);
        assert_eq!(texts(&app.get(&path).await.json()), ["once"]);
    }
}
