//! Jobs, the work of workers, and schedules.

use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::{App, books::id_of};

impl App {
    async fn job(&self, thread: &str) -> Value {
        let job = json!({"jobs": [{"thread_id": thread, "mode": "answer", "payload": {"a": 1}}]});
        let enqueued = self.post("/v1/jobs", &job).await.expect(201).json();
        enqueued["jobs"][0].clone()
    }

    async fn claim(&self, body: Value) -> Vec<Value> {
        let claimed = self.post("/v1/jobs/claim", &body).await.expect(200).json();
        claimed["jobs"].as_array().unwrap().clone()
    }
}

/// What a worker shows of a job that it has claimed.
fn lease(job: &Value) -> Value {
    json!({"lease_token": job["lease_token"], "attempt": job["attempt"]})
}

fn with(mut lease: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!() };
    lease.as_object_mut().unwrap().extend(more);
    lease
}

on_both_engines! {
    async fn a_job_goes_from_its_thread_to_a_worker_and_to_its_end(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let made = app.job(&thread).await;
        assert_eq!((&made["status"], &made["was_there"]), (&json!("queued"), &json!(false)));
        let path = format!("/v1/jobs/{}", id_of(&made));
        let claimed = app.claim(json!({"worker": "w", "limit": 10})).await;
        assert_eq!(claimed.len(), 1);
        assert_eq!((&claimed[0]["id"], &claimed[0]["worker"]), (&made["id"], &json!("w")));
        assert_eq!(claimed[0]["payload"], json!({"a": 1}));
        let running = app.get(&path).await.expect(200).json();
        assert_eq!(running["status"], "running");
        assert!(running.get("lease_token").is_none(), "a lease is its worker's secret");
        let state = app.get(&format!("/v1/threads/{thread}")).await.json()["state"].clone();
        assert_eq!(state, "busy");
        let beat = app.post(&format!("{path}/heartbeat"), &lease(&claimed[0])).await.expect(200).json();
        assert_eq!(beat["cancel_requested_at"], Value::Null);
        let done = with(lease(&claimed[0]), json!({"result": {"said": "yes"}}));
        let ended = app.post(&format!("{path}/complete"), &done).await.expect(200).json();
        assert_eq!((&ended["status"], &ended["result"]), (&json!("done"), &json!({"said": "yes"})));
        app.post(&format!("{path}/complete"), &done).await.problem(409, "lease_lost");
        app.post(&format!("{path}/heartbeat"), &lease(&claimed[0])).await.problem(409, "lease_lost");
        let events = app.get(&format!("{path}/events")).await.expect(200).json();
        let kinds: Vec<_> = events["events"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
        assert_eq!(kinds, ["enqueued", "claimed", "completed"]);
        let listed = app.get(&format!("/v1/jobs?status=done&thread={thread}")).await.expect(200).json();
        assert_eq!(listed["items"], json!([ended]));
        let metrics = app.get("/metrics").await.expect(200).text;
        assert!(metrics.contains("tallystick_job_events_total{event=\"completed\",mode=\"answer\"} 1"));
    }

    async fn a_batch_is_completed_as_far_as_its_leases_hold(db) {
        let app = App::start(db).await;
        for chat in ["a", "b"] {
            let thread = app.thread(chat).await;
            app.job(&thread).await;
        }
        let claimed = app.claim(json!({"worker": "w", "limit": 10})).await;
        let entry = |job: &Value| with(lease(job), json!({"id": job["id"]}));
        let mut forged = entry(&claimed[1]);
        forged["attempt"] = json!(2);
        let body = json!({"jobs": [entry(&claimed[0]), forged]});
        let outcomes = app.post("/v1/jobs/complete", &body).await.expect(200).json();
        assert_eq!(outcomes["jobs"][0], json!({"id": claimed[0]["id"], "is_done": true, "code": null}));
        assert_eq!(outcomes["jobs"][1]["code"], "lease_lost");
    }

    async fn who_waits_for_jobs_gets_one_when_it_comes(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let waiting = app.claim(json!({"worker": "w", "wait_seconds": 30}));
        let (claimed, made) = tokio::join!(waiting, async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            app.job(&thread).await
        });
        assert_eq!(claimed[0]["id"], made["id"]);
    }

    async fn failures_are_tried_again_then_failed_then_driven_again(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let job = json!({"jobs": [{"thread_id": thread, "mode": "plan", "max_attempts": 2}]});
        let job = app.post("/v1/jobs", &job).await.expect(201).json()["jobs"][0].clone();
        let path = format!("/v1/jobs/{}", id_of(&job));
        for status in ["queued", "failed"] {
            let claimed = app.claim(json!({"worker": "w", "modes": ["plan"]})).await;
            let failed = with(lease(&claimed[0]), json!({"error": "no answer", "retry_after_seconds": 0}));
            let ended = app.post(&format!("{path}/fail"), &failed).await.expect(200).json();
            assert_eq!((&ended["status"], &ended["error"]), (&json!(status), &json!("no answer")));
        }
        let driven = app.post(&format!("{path}/redrive"), &json!({"attempts": 1})).await.expect(200).json();
        assert_eq!((&driven["status"], &driven["max_attempts"]), (&json!("queued"), &json!(3)));
        app.post(&format!("{path}/redrive"), &json!({})).await.problem(409, "job_status");
    }

    async fn cancellation_reaches_what_waits_and_what_runs(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let (first, second) = (app.job(&thread).await, app.job(&thread).await);
        let claimed = app.claim(json!({"worker": "w"})).await;
        let path = format!("/v1/threads/{thread}/jobs/cancel");
        let canceled = app.post(&path, &json!({})).await.expect(200).json();
        assert_eq!(canceled["jobs"].as_array().unwrap().len(), 2);
        let path = |job: &Value| format!("/v1/jobs/{}", id_of(job));
        assert_eq!(app.get(&path(&second)).await.json()["status"], "canceled");
        let beat = app.post(&format!("{}/heartbeat", path(&first)), &lease(&claimed[0])).await.expect(200);
        assert_ne!(beat.json()["cancel_requested_at"], Value::Null);
        app.post(&format!("{}/cancel", path(&second)), &json!({})).await.problem(409, "job_status");
    }

    async fn a_keyed_request_and_a_keyed_job_are_there_once(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let one = json!({"jobs": [{"thread_id": thread, "mode": "answer"}]});
        let first = app.post_with_key("/v1/jobs", "k", &one).await.expect(201).json();
        assert_eq!(app.post_with_key("/v1/jobs", "k", &one).await.expect(201).json(), first);
        let keyed = json!({"jobs": [{"thread_id": thread, "mode": "answer", "idempotency_key": "j"}]});
        let made = app.post("/v1/jobs", &keyed).await.expect(201).json();
        let again = app.post("/v1/jobs", &keyed).await.expect(201).json();
        assert_eq!(again["jobs"][0]["id"], made["jobs"][0]["id"]);
        assert_eq!(again["jobs"][0]["was_there"], true);
        let listed = app.get("/v1/jobs").await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    }

    async fn modes_are_paused_and_schedules_kept(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        app.job(&thread).await;
        let paused = app.post("/v1/job-modes/answer/pause", &json!({})).await.expect(200).json();
        assert_eq!(paused, json!({"paused": ["answer"]}));
        assert!(app.claim(json!({"worker": "w"})).await.is_empty());
        app.post("/v1/job-modes/answer/resume", &json!({})).await.expect(200);
        assert_eq!(app.get("/v1/job-modes").await.expect(200).json(), json!({"paused": []}));
        assert_eq!(app.claim(json!({"worker": "w"})).await.len(), 1);
        let new = json!({
            "thread_id": thread, "name": "close", "cron": "30 16 * * 1-5",
            "timezone": "America/New_York", "mode": "plan",
        });
        let schedule = app.post("/v1/schedules", &new).await.expect(201).json();
        app.post("/v1/schedules", &new).await.problem(409, "schedule_exists");
        let path = format!("/v1/schedules/{}", id_of(&schedule));
        assert_eq!(app.get(&path).await.expect(200).json(), schedule);
        let stopped = app.patch(&path, &json!({"is_active": false})).await.expect(200).json();
        assert_eq!(stopped["is_active"], false);
        app.delete(&path).await.expect(204);
        app.get(&path).await.problem(404, "schedule_not_found");
        let wrong = with(new, json!({"cron": "61 * * * *"}));
        let problem = app.post("/v1/schedules", &wrong).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/cron");
    }

    async fn what_cannot_be_asked_of_workers_is_refused_by_its_place(db) {
        let app = App::start(db).await;
        let thread = app.thread("c").await;
        let job = |more: Value| json!({"jobs": [with(json!({"thread_id": thread, "mode": "plan"}), more)]});
        for (path, body, pointer) in [
            ("/v1/jobs", json!({"jobs": []}), "/jobs"),
            ("/v1/jobs", job(json!({"priority": 10})), "/priority"),
            ("/v1/jobs", job(json!({"run_at": "1960-01-01T00:00:00Z"})), "/run_at"),
            ("/v1/jobs/claim", json!({"worker": "w", "limit": 0}), "/limit"),
            ("/v1/jobs/claim", json!({"worker": "w", "lease_seconds": 0}), "/lease_seconds"),
            ("/v1/jobs/claim", json!({"worker": "w", "wait_seconds": 31}), "/wait_seconds"),
            ("/v1/jobs/claim", json!({"worker": "a\nb"}), "/worker"),
        ] {
            let problem = app.post(path, &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
        let deliver = json!({"jobs": [{"thread_id": thread, "mode": "deliver"}]});
        app.post("/v1/jobs", &deliver).await.problem(400, "body_invalid");
        app.post_with_key("/v1/jobs/claim", "k", &json!({"worker": "w"})).await.expect(400);
    }
}
