use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, Reply, books::id_of};

async fn message(app: &App) -> String {
    let thread = app.thread("c").await;
    id_of(&app.say(&thread, "see this").await)
}

async fn put_if_match(app: &App, path: &str, etag: &str, body: &Value) -> Reply {
    let request = app.request(Method::PUT, path).header("if-match", etag);
    app.send(request.json(body)).await
}

on_both_engines! {
    async fn an_artifact_is_changed_in_its_place_and_what_it_held_is_kept(db) {
        let app = App::start(db).await;
        let list = format!("/v1/messages/{}/artifacts", message(&app).await);
        let first = json!({"kind": "ocr_text", "content": {"words": ["a", 1, null]}});
        let attached = app.post(&list, &first).await.expect(201);
        let made = attached.json();
        let path = format!("/v1/artifacts/{}", id_of(&made));
        assert_eq!(attached.header("location"), Some(path.as_str()));
        assert_eq!((&made["content"], &made["revision"]), (&first["content"], &json!(1)));
        assert_eq!(app.get(&list).await.expect(200).json()["items"], json!([made]));

        let etag = app.get(&path).await.expect(200).etag();
        assert_eq!(etag, attached.etag());
        app.get_if_none_match(&path, &etag).await.expect(304);
        let second = json!({"uri": "https://example.org/scan"});
        let changed = put_if_match(&app, &path, &etag, &second).await.expect(200);
        assert_eq!(changed.json()["content"], Value::Null);
        assert_eq!(changed.json()["revision"], 2);
        put_if_match(&app, &path, &etag, &first["content"]).await.problem(400, "body_invalid");
        let third = json!({"content": 3});
        put_if_match(&app, &path, &etag, &third).await.problem(412, "precondition_failed");
        app.put(&path, &third).await.expect(200);

        let revisions = app.get(&format!("{path}/revisions?limit=1")).await.expect(200).json();
        assert_eq!(revisions["items"][0]["uri"], second["uri"]);
        let cursor = revisions["next_cursor"].as_str().unwrap();
        let older = app.get(&format!("{path}/revisions?limit=1&cursor={cursor}")).await.expect(200).json();
        assert_eq!(older["items"][0]["content"], first["content"]);
        assert_eq!((&older["items"][0]["revision"], &older["next_cursor"]), (&json!(1), &Value::Null));
    }

    async fn an_artifact_has_content_or_a_link_and_goes_with_its_message(db) {
        let app = App::start(db).await;
        let message = message(&app).await;
        let list = format!("/v1/messages/{message}/artifacts");
        let problem = app.post(&list, &json!({"kind": "ocr_text"})).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/content");
        let linked = json!({"kind": "file_meta", "uri": "s3://bucket/key"});
        let made = app.post(&list, &linked).await.expect(201).json();
        app.delete(&format!("/v1/messages/{message}")).await.expect(204);
        app.get(&format!("/v1/artifacts/{}", id_of(&made))).await.problem(404, "artifact_not_found");
        app.post(&list, &linked).await.problem(404, "message_not_found");
        assert_eq!(app.get(&list).await.expect(200).json()["items"], json!([]));
    }
}
