use entity::values::{JobId, UserRole};
use reqwest::Method;
use sea_orm::EntityTrait;
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
        let said = first.json()["message"].clone();
        let place = format!("/v1/messages/{}", id_of(&said));
        assert_eq!(first.header("location"), Some(place.as_str()));
        assert_eq!((&said["seq"], &said["raw_payload"]), (&json!(1), &json!("{}")));
        let again = json!({"role": "user", "text": "Buy now?", "platform_message_id": "m-1"});
        assert_eq!(app.post(&path, &again).await.expect(200).json(), first.json());
        assert_eq!(app.get(&place).await.expect(200).json(), said);
        let page = app.get(&path).await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert_eq!(page["items"][0]["raw_payload"], Value::Null, "lists leave it out");
    }

    async fn a_message_and_its_job_are_there_together_or_not_at_all(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let path = format!("/v1/threads/{thread}/messages");
        let job = json!({
            "mode": "answer", "payload": {"a": 1}, "priority": 7, "max_attempts": 2, "idempotency_key": "j-1",
        });
        let message = json!({"role": "user", "text": "Buy?", "platform_message_id": "m-1", "job": job});
        let posted = app.post(&path, &message).await.expect(201).json();
        let id: JobId = posted["job_id"].as_str().unwrap().parse().unwrap();
        let stored = entity::workflow::job::Entity::find_by_id(id).one(&app.database).await.unwrap().unwrap();
        assert_eq!((stored.priority, stored.max_attempts), (7, 2));
        assert_eq!(stored.trigger_message_id.unwrap().to_string(), posted["message"]["id"].as_str().unwrap());
        assert_eq!(stored.payload_json, job["payload"]);
        let again = json!({
            "role": "user", "text": "Buy!", "platform_message_id": "m-1", "job": {"mode": "plan"},
            "if_busy": "replace",
        });
        assert_eq!(app.post(&path, &again).await.expect(200).json(), posted, "nothing is canceled either");

        for (job, pointer) in [
            (json!({"mode": "answer", "priority": 10}), "/job/priority"),
            (json!({"mode": "answer", "max_attempts": 0}), "/job/max_attempts"),
            (json!({"mode": "answer", "idempotency_key": ""}), "/job/idempotency_key"),
        ] {
            let message = json!({"role": "user", "text": "lost", "job": job});
            let problem = app.post(&path, &message).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
        let delivery = json!({"role": "user", "text": "lost", "job": {"mode": "deliver"}});
        app.post(&path, &delivery).await.problem(400, "body_invalid");
        assert_eq!(texts(&app.get(&path).await.json()), ["Buy?"]);
        let events = app.get(&format!("/v1/threads/{thread}/events?after=0&follow=false")).await.expect(200).text;
        let kinds: Vec<_> = events.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
        assert_eq!(kinds, ["message", "job"]);
    }

    async fn a_message_says_what_becomes_of_jobs_that_have_not_ended(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let path = format!("/v1/threads/{thread}/messages");
        let post = async |if_busy: &str| {
            let job = json!({"mode": "answer"});
            app.post(&path, &json!({"role": "user", "text": if_busy, "job": job, "if_busy": if_busy})).await
        };
        let first = post("reject").await.expect(201).json();
        let second = post("enqueue").await.expect(201).json();
        post("reject").await.problem(409, "thread_busy");
        let third = post("interrupt").await.expect(201).json();
        assert_eq!(third["canceled_job_ids"], json!([]), "none runs");
        let last = post("replace").await.expect(201).json();
        let mut canceled: Vec<_> = last["canceled_job_ids"].as_array().unwrap().iter().collect();
        canceled.sort_by_key(ToString::to_string);
        assert_eq!(canceled, [&first["job_id"], &second["job_id"], &third["job_id"]]);
        assert_eq!(texts(&app.get(&path).await.json()), ["replace", "interrupt", "enqueue", "reject"]);
        let thread = app.get(&format!("/v1/threads/{thread}")).await.expect(200).json();
        assert_eq!(thread["state"], "interrupted", "by how the last that ended did");
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
