//! Workers within the program.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use db::Tx;
use entity::values::{JobEventKind, JobMode, JobStatus};
use identity::Ctx;
use serde_json::{Value, json};
use testkit::on_both_engines;
use tokio_util::sync::CancellationToken;
use workflow::{
    jobs::{self, Failure, NewJob, schedules},
    worker::{
        Assignment, Done, Finish, FinishError, JobHandler, Worker, WorkerConfig, upkeep::look_after,
    },
};

use crate::jobs::{enqueued, events, found, job, later, thread};

/// Does what a job's payload says.
#[derive(Default)]
struct Obedient {
    begun: AtomicUsize,
}

#[async_trait]
impl JobHandler for Obedient {
    fn mode(&self) -> JobMode {
        JobMode::Answer
    }

    async fn work(&self, assignment: &Assignment) -> Result<Box<dyn Finish>, Failure> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let fail = |retry| Failure {
            error: "as told".to_owned(),
            retry,
            pause: Some(TimeDelta::zero()),
        };
        match assignment.job.payload_json["do"].as_str() {
            Some("wait") => {
                assignment.canceled().cancelled().await;
                Err(fail(true))
            }
            Some("panic") if assignment.job.attempt == 1 => panic!("as told"),
            Some("fail") => Err(fail(false)),
            Some("say") => Ok(Box::new(Says(
                assignment.job.payload_json["text"].to_string(),
            ))),
            Some("say and fail") => Ok(Box::new(SaysAndFails)),
            _ => Ok(Box::new(Done(Some(
                json!({"attempt": assignment.job.attempt}),
            )))),
        }
    }
}

/// Makes a thread of the owner's along with the job's end.
struct Says(String);

#[async_trait]
impl Finish for Says {
    async fn finish(&self, ctx: &Ctx, tx: &Tx) -> Result<Option<Value>, FinishError> {
        let made = workflow::threads::get_or_create(ctx, tx, "said", &self.0).await;
        Ok(Some(json!({"thread": made.unwrap().id})))
    }
}

struct SaysAndFails;

#[async_trait]
impl Finish for SaysAndFails {
    async fn finish(&self, ctx: &Ctx, tx: &Tx) -> Result<Option<Value>, FinishError> {
        workflow::threads::get_or_create(ctx, tx, "said", "never")
            .await
            .unwrap();
        Err(FinishError::Failed(Failure {
            error: "not after all".to_owned(),
            retry: false,
            pause: None,
        }))
    }
}

/// A worker under way.
struct Working {
    stop: CancellationToken,
    handler: Arc<Obedient>,
    ended: tokio::task::JoinHandle<()>,
}

fn working(ctx: &Ctx) -> Working {
    let (stop, handler) = (CancellationToken::new(), Arc::<Obedient>::default());
    let config = WorkerConfig {
        concurrency: 2,
        ..WorkerConfig::default()
    };
    let handlers: [Arc<dyn JobHandler>; 1] = [Arc::clone(&handler) as _];
    let worker = Worker::new(ctx.clone(), config, handlers);
    let ended = tokio::spawn(worker.run(stop.clone()));
    Working {
        stop,
        handler,
        ended,
    }
}

impl Working {
    async fn end(self) {
        self.stop.cancel();
        self.ended.await.unwrap();
    }
}

async fn until(
    ctx: &Ctx,
    id: entity::values::JobId,
    status: JobStatus,
) -> entity::workflow::job::Model {
    loop {
        let job = found(ctx, id).await;
        if job.status == status {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

fn told(payload: Value) -> NewJob {
    NewJob { payload, ..job() }
}

on_both_engines! {
    async fn a_worker_does_jobs_and_what_they_write_comes_with_their_end(db) {
        let ctx = db.ctx().await;
        let worker = working(&ctx);
        let chat = thread(&ctx, "chat").await;
        let plain = enqueued(&ctx, chat, told(json!({}))).await;
        let says = enqueued(&ctx, chat, told(json!({"do": "say", "text": "hello"}))).await;
        let panics = enqueued(&ctx, chat, told(json!({"do": "panic"}))).await;
        let fails = enqueued(&ctx, chat, told(json!({"do": "fail"}))).await;
        let neither = enqueued(&ctx, chat, told(json!({"do": "say and fail"}))).await;
        assert_eq!(until(&ctx, plain.id, JobStatus::Done).await.result_json, Some(json!({"attempt": 1})));
        let said = until(&ctx, says.id, JobStatus::Done).await.result_json.unwrap();
        let made: entity::values::ThreadId = said["thread"].as_str().unwrap().parse().unwrap();
        assert_eq!(workflow::threads::find(&ctx, &ctx.database, made).await.unwrap().platform, "said");
        let failed = until(&ctx, fails.id, JobStatus::Failed).await;
        assert_eq!(failed.error.as_deref(), Some("as told"));
        until(&ctx, neither.id, JobStatus::Failed).await;
        let never = |tx: Tx| {
            let ctx = ctx.clone();
            async move { workflow::threads::get_or_create(&ctx, &tx, "said", "never").await }
        };
        let never = ctx.database.write(never).await.unwrap();
        assert!(never.created_at >= failed.finished_at.unwrap());
        until(&ctx, panics.id, JobStatus::Queued).await;
        worker.end().await;
        assert_eq!(events(&ctx, panics.id).await[2], JobEventKind::Retried);
    }

    async fn a_cancellation_reaches_a_handler_at_work(db) {
        let ctx = db.ctx().await;
        let worker = working(&ctx);
        let chat = thread(&ctx, "chat").await;
        let waits = enqueued(&ctx, chat, told(json!({"do": "wait"}))).await;
        until(&ctx, waits.id, JobStatus::Running).await;
        let cancel = async |tx: Tx| jobs::cancel(&ctx, &tx, waits.id).await;
        ctx.database.write(cancel).await.unwrap();
        until(&ctx, waits.id, JobStatus::Canceled).await;
        assert_eq!(worker.handler.begun.load(Ordering::SeqCst), 1);
        worker.end().await;
    }

    async fn a_worker_that_stops_ends_what_is_under_way_and_takes_nothing_more(db) {
        let ctx = db.ctx().await;
        let worker = working(&ctx);
        let chat = thread(&ctx, "chat").await;
        let first = enqueued(&ctx, chat, told(json!({}))).await;
        until(&ctx, first.id, JobStatus::Done).await;
        worker.end().await;
        let second = enqueued(&ctx, chat, told(json!({}))).await;
        assert_eq!(found(&ctx, second.id).await.status, JobStatus::Queued);
    }

    async fn a_schedule_makes_its_jobs_when_their_time_has_come_once(db) {
        let ctx = db.ctx().await;
        let chat = thread(&ctx, "chat").await;
        let new = schedules::NewSchedule {
            thread: chat,
            name: "daily".to_owned(),
            cron: "*/5 * * * *".to_owned(),
            timezone: "Europe/Zurich".to_owned(),
            mode: JobMode::Plan,
            payload: json!({"about": "the day"}),
            priority: 3,
            max_attempts: 2,
        };
        let create = async |tx: Tx| schedules::create(&ctx, &tx, new.clone()).await;
        let schedule = ctx.database.write(create).await.unwrap();
        assert!(schedule.next_run_at > ctx.now());
        let again = ctx.database.write(create).await.unwrap_err();
        assert!(matches!(again, workflow::Error::ScheduleExists { .. }));
        assert_eq!(look_after(&ctx).await.unwrap().jobs_scheduled, 0);
        let later = later(&ctx, &db.database);
        let (one, two) = tokio::join!(look_after(&later), look_after(&later));
        // What was missed in between counts as one.
        assert_eq!(one.unwrap().jobs_scheduled + two.unwrap().jobs_scheduled, 1);
        let page = db::page::Page { after: None, limit: 10 };
        let made = jobs::list(&ctx, &ctx.database, jobs::Filter::default(), page).await.unwrap().items;
        assert_eq!(made.len(), 1);
        assert_eq!((made[0].mode, made[0].priority, made[0].max_attempts), (JobMode::Plan, 3, 2));
        assert_eq!(made[0].schedule_id, Some(schedule.id));
        assert_eq!(made[0].run_at, schedule.next_run_at);
        let ran = schedules::find(&ctx, &ctx.database, schedule.id).await.unwrap();
        assert_eq!(ran.last_run_at, Some(schedule.next_run_at));
        assert!(ran.next_run_at > later.now());
        let stop = async |tx: Tx| schedules::set_active(&ctx, &tx, schedule.id, false).await;
        ctx.database.write(stop).await.unwrap();
        let delete = async |tx: Tx| schedules::delete(&ctx, &tx, schedule.id).await;
        ctx.database.write(delete).await.unwrap();
        let gone = ctx.database.write(delete).await.unwrap_err();
        assert!(matches!(gone, workflow::Error::ScheduleNotFound { .. }));
        assert_eq!(found(&ctx, made[0].id).await.schedule_id, None);
    }
}
