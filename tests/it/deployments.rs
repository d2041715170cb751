use entity::values::UserRole;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::app::{App, books::id_of};

fn new(branch: &str) -> Value {
    json!({"git_sha": "0123abcdef", "branch": branch, "trigger": "push", "deployed_by": "ann"})
}

on_both_engines! {
    async fn a_deployment_is_followed_to_its_end(db) {
        let app = App::start(db).await;
        app.get("/v1/deployments/latest").await.problem(404, "deployment_not_found");
        let made = app.post("/v1/deployments", &new("main")).await.expect(201);
        let begun = made.json();
        let path = format!("/v1/deployments/{}", id_of(&begun));
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!((&begun["status"], &begun["finished_at"]), (&json!("building"), &json!(null)));
        let read = app.get(&path).await.expect(200);
        assert_eq!((&read.text, read.etag()), (&made.text, made.etag()));
        app.get_if_none_match(&path, &read.etag()).await.expect(304);

        let testing = app.patch(&path, &json!({"status": "testing", "report_text": "# 12 tests"})).await.expect(200);
        assert_ne!(testing.etag(), made.etag());
        let deploying = app.patch(&path, &json!({"status": "deploying"})).await.expect(200).json();
        assert_eq!(deploying["report_text"], "# 12 tests", "what is left out is kept");
        app.patch(&path, &json!({"status": "building"})).await.problem(409, "deployment_path");
        let missing = app.patch(&path, &json!({"status": "rolled_back"})).await.problem(422, "validation_failed");
        assert_eq!(missing["errors"][0]["pointer"], "/rollback_reason");
        let back = json!({"status": "rolled_back", "rollback_reason": "500s"});
        let ended = app.patch(&path, &back).await.expect(200).json();
        assert_ne!(ended["finished_at"], json!(null));
        assert_eq!(ended["rollback_reason"], "500s");
        app.patch(&path, &json!({"status": "healthy"})).await.problem(409, "deployment_path");
        let later = app.patch(&path, &json!({"report_text": "# Post mortem"})).await.expect(200).json();
        assert_eq!(later["finished_at"], ended["finished_at"]);
        assert_eq!(app.get("/v1/deployments/latest").await.expect(200).json(), later);
    }

    async fn a_lost_race_changes_nothing(db) {
        let app = App::start(db).await;
        let made = app.post("/v1/deployments", &new("main")).await.expect(201);
        let path = format!("/v1/deployments/{}", id_of(&made.json()));
        app.patch(&path, &json!({"status": "testing"})).await.expect(200);
        let change = |etag: &str| {
            let patch = app.request(Method::PATCH, &path).header("if-match", etag);
            app.send(patch.json(&json!({"status": "failed"})))
        };
        change(&made.etag()).await.problem(412, "precondition_failed");
        assert_eq!(app.get(&path).await.json()["status"], "testing");
        let now = app.get(&path).await.etag();
        change(&now).await.expect(200);
    }

    async fn all_users_see_them_and_managers_report_them(db) {
        let app = App::start(db).await;
        let keyed = app.post_with_key("/v1/deployments", "key-1", &new("main")).await.expect(201);
        let again = app.post_with_key("/v1/deployments", "key-1", &new("main")).await.expect(201);
        assert_eq!(keyed.text, again.text);
        let next = app.post("/v1/deployments", &new("next")).await.expect(201).json();
        app.patch(&format!("/v1/deployments/{}", id_of(&next)), &json!({"status": "failed"})).await.expect(200);

        let viewer = app.someone("viewer@example.org", UserRole::Viewer).await;
        let get = async |path: &str| {
            app.send(app.request_as(&viewer, Method::GET, path)).await.expect(200).json()
        };
        let first = get("/v1/deployments?limit=1").await;
        assert_eq!(first["items"][0]["branch"], "next");
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = get(&format!("/v1/deployments?limit=1&cursor={cursor}")).await;
        assert_eq!((&second["items"][0]["branch"], &second["next_cursor"]), (&json!("main"), &json!(null)));
        assert_eq!(get("/v1/deployments?branch=main").await["items"].as_array().unwrap().len(), 1);
        assert_eq!(get("/v1/deployments?status=failed").await["items"].as_array().unwrap().len(), 1);
        assert_eq!(get("/v1/deployments/latest").await["branch"], "next");
        assert_eq!(get("/v1/deployments/latest?branch=main").await["branch"], "main");
        assert_eq!(get("/v1/deployments/latest?status=failed").await["branch"], "next");
        let report = app.request_as(&viewer, Method::POST, "/v1/deployments").json(&new("main"));
        app.send(report).await.problem(403, "permission_denied");
    }

    async fn what_is_wrong_is_named(db) {
        let app = App::start(db).await;
        let mut body = new("main");
        body["git_sha"] = json!("HEAD");
        let problem = app.post("/v1/deployments", &body).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/git_sha");
        body["environment"] = json!("production");
        app.post("/v1/deployments", &body).await.problem(400, "body_invalid");
        let nowhere = format!("/v1/deployments/{}", Uuid::now_v7());
        app.get(&nowhere).await.problem(404, "deployment_not_found");
        app.patch(&nowhere, &json!({"status": "testing"})).await.problem(404, "deployment_not_found");
        app.patch(&nowhere, &json!({"status": null})).await.problem(400, "body_invalid");
        app.patch(&nowhere, &json!({"status": "done"})).await.problem(400, "body_invalid");
    }

    async fn each_step_is_written_down(db) {
        let app = App::start(db).await;
        let made = app.post("/v1/deployments", &new("main")).await.expect(201).json();
        let path = format!("/v1/deployments/{}", id_of(&made));
        app.patch(&path, &json!({"status": "failed"})).await.expect(200);
        let rows = app.get("/v1/audit?resource_type=deployment").await.expect(200).json();
        let rows: Vec<_> = rows["items"].as_array().unwrap().iter()
            .map(|row| (row["action"].clone(), row["resource_id"].clone(), row["details"].clone()))
            .collect();
        let about = made["id"].clone();
        assert_eq!(rows, [
            (json!("deployment.update"), about.clone(), json!({"status": "failed"})),
            (json!("deployment.create"), about, json!({"branch": "main", "git_sha": "0123abcdef"})),
        ]);
    }
}
