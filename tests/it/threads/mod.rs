//! Threads, messages and artifacts.

mod artifacts;
mod messages;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, Reply, books::id_of};

impl App {
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// The id of the thread of a chat.
    pub async fn thread(&self, chat_id: &str) -> String {
        let chat = json!({"platform": "chat", "chat_id": chat_id});
        id_of(&self.put("/v1/threads", &chat).await.json())
    }

    /// Says something in a thread; answers the message.
    pub async fn say(&self, thread: &str, text: &str) -> Value {
        let path = format!("/v1/threads/{thread}/messages");
        let message = json!({"role": "user", "text": text});
        self.post(&path, &message).await.expect(201).json()["message"].clone()
    }
}

on_both_engines! {
    async fn a_chat_has_one_thread_however_many_ask(db) {
        let app = App::start(db).await;
        let chat = json!({"platform": "chat", "chat_id": "c", "title": "Savings"});
        let replies = join_all((0..12).map(|_| app.put("/v1/threads", &chat))).await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(made, 1);
        let thread = replies[0].json();
        assert!(replies.iter().all(|reply| [200, 201].contains(&reply.status) && reply.json() == thread));
        assert_eq!(thread["title"], "Savings");
        assert_eq!((&thread["state"], &thread["max_running_jobs"]), (&json!("idle"), &json!(1)));
        let path = format!("/v1/threads/{}", id_of(&thread));
        let created = replies.iter().find(|reply| reply.status == 201).unwrap();
        assert_eq!(created.header("location"), Some(path.as_str()));
        assert_eq!(app.get(&path).await.expect(200).json(), thread);
    }

    async fn what_a_repetition_names_is_set_and_what_it_leaves_out_stays(db) {
        let app = App::start(db).await;
        let made = app.put("/v1/threads", &json!({"platform": "chat", "chat_id": "c", "title": "One"})).await;
        let id = id_of(&made.expect(201).json());
        let changed = json!({
            "platform": "chat", "chat_id": "c", "metadata": {"language": "fr"}, "max_running_jobs": 3,
        });
        let thread = app.put("/v1/threads", &changed).await.expect(200).json();
        assert_eq!(id_of(&thread), id);
        assert_eq!(thread["title"], "One");
        assert_eq!(thread["metadata"], json!({"language": "fr"}));
        assert_eq!(thread["max_running_jobs"], 3);
        assert_eq!(app.put("/v1/threads", &changed).await.expect(200).json(), thread);
        assert_eq!(app.get("/v1/threads?platform=chat").await.expect(200).json()["items"], json!([thread]));
        let none = app.get("/v1/threads?platform=mail").await.expect(200).json();
        assert_eq!(none, json!({"items": [], "next_cursor": null}));
    }

    async fn only_a_change_of_a_thread_is_audited(db) {
        let app = App::start(db).await;
        let chat = json!({"platform": "chat", "chat_id": "c"});
        for _ in 0..3 {
            app.put("/v1/threads", &chat).await;
        }
        let id = app.thread("c").await;
        let said = app.say(&id, "unnoticed").await;
        app.delete(&format!("/v1/messages/{}", id_of(&said))).await.expect(204);
        let page = app.get("/v1/audit?limit=10").await.expect(200).json();
        let rows = page["items"].as_array().unwrap().iter();
        let actions: Vec<_> = rows.map(|row| row["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["message.delete", "thread.put"]);
        assert_eq!(page["items"][1]["resource_id"], id);
    }

    async fn what_a_thread_cannot_be_is_refused_by_its_place(db) {
        let app = App::start(db).await;
        for (body, pointer) in [
            (json!({"platform": "", "chat_id": "c"}), "/platform"),
            (json!({"platform": "p", "chat_id": "a\nb"}), "/chat_id"),
            (json!({"platform": "p", "chat_id": "c", "title": ""}), "/title"),
            (json!({"platform": "p", "chat_id": "c", "metadata": [1]}), "/metadata"),
            (json!({"platform": "p", "chat_id": "c", "max_running_jobs": 0}), "/max_running_jobs"),
        ] {
            let problem = app.put("/v1/threads", &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
        let list = app.get("/v1/threads").await.expect(200).json();
        assert_eq!(list["items"], json!([]), "nothing was made");
    }
}
