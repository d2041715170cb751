use entity::{
    values::{ArtifactKind, MessageRole},
    workflow::{artifact, thread},
};
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::json;
use testkit::on_both_engines;

use super::{
    sender::{KEYS, Sender, app, request},
    signal, stored,
};

on_both_engines! {
    async fn a_signal_becomes_a_message_with_an_artifact_in_its_producers_thread(db) {
        let app = app(db).await;
        let body = format!("{}\n", signal());
        let kept = Sender::standard("msg_1").send(&app, &body).await.expect(201).json();

        let thread = thread::Entity::find().one(&app.database).await.unwrap().unwrap();
        assert_eq!((thread.platform.as_str(), thread.chat_id.as_str()), ("signals", "momentum"));
        assert_eq!(kept["thread_id"], json!(thread.id));
        let (messages, _) = stored(&app).await;
        let [message] = messages.as_slice() else { panic!("{messages:?}") };
        assert_eq!(kept["signal"], json!(message.id));
        assert_eq!((message.thread_id, message.seq, message.role), (thread.id, 1, MessageRole::Tool));
        assert_eq!(message.author.as_deref(), Some("momentum"));
        assert_eq!(message.platform_message_id.as_deref(), Some("msg_1"));
        assert_eq!(message.raw_payload.as_deref(), Some(&*body), "what was signed, to the byte");
        assert_eq!(message.text, "NKE: side 1 at 2026-01-02T02:04:05Z (version 3)");
        let artifact = artifact::Entity::find().one(&app.database).await.unwrap().unwrap();
        assert_eq!(kept["artifact_id"], json!(artifact.id));
        assert_eq!((artifact.message_id, artifact.kind), (message.id, ArtifactKind::Signal));
        let mut content = signal();
        content["time"] = json!("2026-01-02T02:04:05Z");
        assert_eq!(artifact.content_json, Some(content));

        let second = Sender::plain().send(&app, signal()).await.expect(201).json();
        assert_eq!(second["thread_id"], kept["thread_id"]);
        assert_eq!(stored(&app).await.0[1].seq, 2);
    }

    async fn each_of_two_secrets_signs_while_one_follows_the_other(db) {
        let app = app(db).await;
        for (index, key) in KEYS.into_iter().enumerate() {
            let standard = Sender { key: key.to_vec(), ..Sender::standard(&format!("msg_{index}")) };
            let plain = Sender { key: key.to_vec(), ..Sender::plain() };
            for sender in [standard, plain] {
                let reply = sender.send(&app, signal()).await;
                if index < 2 {
                    reply.expect(201);
                } else {
                    reply.problem(401, "signature_invalid");
                }
            }
        }
        assert_eq!(stored(&app).await.0.len(), 4);
    }

    async fn a_signal_that_comes_again_is_not_kept_again(db) {
        let app = app(db).await;
        let body = signal().to_string();
        for sender in Sender::both() {
            let headers = sender.headers(body.as_bytes());
            app.send(request(&app, &headers, body.clone())).await.expect(201);
            for _ in 0..2 {
                let again = app.send(request(&app, &headers, body.clone())).await;
                again.problem(409, "signal_replayed");
            }
        }
        // Its id is what makes it the same: not what it says, nor when it is signed.
        let other = json!({"no": "signal"});
        let later = Sender { ahead: 1, ..Sender::standard("msg_1") };
        later.send(&app, other).await.problem(409, "signal_replayed");
        let (messages, remembered) = stored(&app).await;
        assert_eq!((messages.len(), remembered), (2, 2));
    }

    async fn a_signal_that_comes_again_after_it_was_forgotten_is_not_kept_again(db) {
        let app = app(db).await;
        Sender::standard("msg_1").send(&app, signal()).await.expect(201);
        entity::received_webhook::Entity::delete_many().exec(&app.database).await.unwrap();
        let again = Sender { ahead: 2, ..Sender::standard("msg_1") };
        again.send(&app, signal()).await.problem(409, "signal_replayed");
        assert_eq!(stored(&app).await.0.len(), 1);
    }

    async fn one_signal_that_comes_many_times_at_once_is_kept_once(db) {
        let app = app(db).await;
        let body = signal().to_string();
        for sender in Sender::both() {
            let headers = sender.headers(body.as_bytes());
            let send = |_| app.send(request(&app, &headers, body.clone()));
            let mut statuses: Vec<u16> = join_all((0..12).map(send)).await.iter().map(|reply| reply.status).collect();
            statuses.sort_unstable();
            assert_eq!(statuses[0], 201);
            assert_eq!(statuses[1..], [409; 11]);
        }
        let (messages, remembered) = stored(&app).await;
        assert_eq!((messages.len(), remembered), (2, 2));
    }

    async fn many_signals_at_once_are_all_kept_in_a_row(db) {
        let app = app(db).await;
        let senders: Vec<_> = (0..20).map(|n| Sender::standard(&format!("msg_{n}"))).collect();
        let replies = join_all(senders.iter().map(|sender| sender.send(&app, signal()))).await;
        assert!(replies.iter().all(|reply| reply.status == 201), "{replies:?}");
        let numbers: Vec<i64> = stored(&app).await.0.iter().map(|message| message.seq).collect();
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    }

    async fn a_refused_signal_may_come_again_when_it_is_right(db) {
        let app = app(db).await;
        let sender = Sender::standard("msg_1");
        sender.send(&app, "{").await.problem(400, "body_invalid");
        let mut wrong = signal();
        wrong["side"] = json!(2);
        sender.send(&app, wrong).await.problem(422, "validation_failed");
        assert_eq!(stored(&app).await, (vec![], 0));
        sender.send(&app, signal()).await.expect(201);
    }
}
