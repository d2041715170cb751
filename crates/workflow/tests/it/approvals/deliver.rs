//! Messages on their way: by a worker within the program, with retries, to a dead letter and out of it.

use std::{sync::Arc, time::Duration};

use db::Tx;
use entity::{
    values::{
        JobEventKind::{self, Claimed, Completed, Enqueued, Failed, Redriven, Retried},
        JobMode, JobStatus,
    },
    workflow::job,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use testkit::on_both_engines;
use testservers::{Reply, WebServer};
use tokio_util::sync::CancellationToken;
use workflow::{
    jobs,
    webhooks::{Client, Deliverer, Endpoints, Sender},
    worker::{JobHandler, Worker, WorkerConfig},
};

use super::{
    tell::{OWNER, endpoint, register},
    *,
};

/// The service's own worker.
struct Delivery {
    stop: CancellationToken,
    ended: tokio::task::JoinHandle<()>,
}

impl Delivery {
    fn start(service: &Ctx, endpoints: Endpoints) -> Self {
        let sender = Sender::new(Arc::new(endpoints), Client::new());
        let handler: Arc<dyn JobHandler> = Arc::new(Deliverer::new(sender));
        let worker = Worker::new(service.clone(), WorkerConfig::default(), [handler]);
        let stop = CancellationToken::new();
        let ended = tokio::spawn(worker.run(stop.clone()));
        Self { stop, ended }
    }

    async fn end(self) {
        self.stop.cancel();
        self.ended.await.unwrap();
    }
}

/// The only delivery, once it has this status.
async fn delivery(ctx: &Ctx, status: JobStatus) -> job::Model {
    let find = job::Entity::find()
        .filter(job::Column::Mode.eq(JobMode::Deliver))
        .filter(job::Column::Status.eq(status));
    let found = async {
        loop {
            if let Some(job) = find.clone().one(&ctx.database).await.unwrap() {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_mins(1), found).await;
    found.unwrap_or_else(|_| panic!("no delivery has become {status}"))
}

async fn kinds(ctx: &Ctx, id: JobId) -> Vec<JobEventKind> {
    let events = jobs::history(ctx, &ctx.database, id).await.unwrap();
    events.into_iter().map(|event| event.kind).collect()
}

on_both_engines! {
    async fn a_message_that_is_not_taken_comes_again_under_the_same_id(db) {
        let ctx = db.ctx().await;
        let server = WebServer::start(|_, before| match before {
            0 => Reply::status(503, "").with_header("Retry-After", "0"),
            _ => Reply::status(204, ""),
        });
        let endpoints = Endpoints::from_iter([endpoint("pager", OWNER, &server.url(), &[])]);
        register(&ctx, &endpoints).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        propose(&worker, &lease, proposal()).await;
        let delivering = Delivery::start(&ctx, endpoints);
        let done = delivery(&ctx, JobStatus::Done).await;
        delivering.end().await;
        assert_eq!(done.result_json, Some(json!({"status": 204})));
        let asked = server.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].header("webhook-id"), asked[1].header("webhook-id"));
        assert_eq!(asked[0].body, asked[1].body);
        assert_eq!(kinds(&ctx, done.id).await, [Enqueued, Claimed, Retried, Claimed, Completed]);
    }

    async fn a_dead_letter_keeps_its_history_and_can_be_driven_again(db) {
        let ctx = db.ctx().await;
        let server = WebServer::start(|_, before| Reply::status(if before == 0 { 410 } else { 200 }, ""));
        let endpoints = Endpoints::from_iter([endpoint("pager", OWNER, &server.url(), &[])]);
        register(&ctx, &endpoints).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        propose(&worker, &lease, proposal()).await;
        let delivering = Delivery::start(&ctx, endpoints);
        let dead = delivery(&ctx, JobStatus::Failed).await;
        let error = dead.error.as_deref().unwrap();
        assert!(error.contains("410") && !error.contains("http"), "{error}");
        let redrive = async |tx: Tx| jobs::redrive(&ctx, &tx, dead.id, 5).await;
        ctx.database.write(redrive).await.unwrap();
        let done = delivery(&ctx, JobStatus::Done).await;
        delivering.end().await;
        assert_eq!(done.id, dead.id);
        let expected = [Enqueued, Claimed, Failed, Redriven, Claimed, Completed];
        assert_eq!(kinds(&ctx, done.id).await, expected);
    }

    async fn a_message_to_a_private_address_is_a_dead_letter_at_once(db) {
        let ctx = db.ctx().await;
        let server = WebServer::start(|_, _| Reply::ok(""));
        let url = format!("https://127.0.0.1:{}/", server.port());
        let mut strict = endpoint("pager", OWNER, &url, &[]);
        strict.allow_private = false;
        let endpoints = Endpoints::from_iter([strict]);
        register(&ctx, &endpoints).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        propose(&worker, &lease, proposal()).await;
        let delivering = Delivery::start(&ctx, endpoints);
        let dead = delivery(&ctx, JobStatus::Failed).await;
        delivering.end().await;
        assert!(dead.error.unwrap().contains("allow_private"));
        assert_eq!(server.asked(), []);
    }
}
