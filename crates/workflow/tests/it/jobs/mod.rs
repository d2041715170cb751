//! Jobs through the service's functions, on both engines.

mod canceling;
mod claiming;
mod leases;
mod naive;
mod transitions;

use chrono::{TimeDelta, Utc};
use db::Tx;
use entity::{
    values::{JobEventKind, JobId, JobMode, ThreadId},
    workflow::job::Model,
};
use identity::{Clock, Ctx};
use serde_json::json;
use workflow::{
    Error,
    jobs::{self, Claim, Horizon, Lease, NewJob},
};

use crate::made;

pub async fn thread(ctx: &Ctx, chat_id: &str) -> ThreadId {
    made(ctx, chat_id).await.id
}

pub fn job() -> NewJob {
    NewJob::new(JobMode::Answer, json!({"a": 1}))
}

pub async fn enqueued(ctx: &Ctx, thread: ThreadId, new: NewJob) -> Model {
    let work = async |tx: Tx| jobs::enqueue(ctx, &tx, thread, new.clone()).await;
    ctx.database.write(work).await.unwrap().job
}

pub fn all_modes() -> Vec<JobMode> {
    vec![
        JobMode::Classify,
        JobMode::Plan,
        JobMode::Execute,
        JobMode::Answer,
    ]
}

pub fn wanted(limit: u64) -> Claim {
    Claim {
        worker: "w1".to_owned(),
        owner: None,
        modes: all_modes(),
        limit,
        lease: TimeDelta::seconds(60),
    }
}

pub async fn claimed_as(ctx: &Ctx, claim: &Claim) -> Vec<Model> {
    let horizon = Horizon::default();
    let work = async |tx: Tx| jobs::claim(ctx, &tx, claim, &horizon).await;
    ctx.database.write(work).await.unwrap()
}

pub async fn claimed(ctx: &Ctx, limit: u64) -> Vec<Model> {
    claimed_as(ctx, &wanted(limit)).await
}

pub async fn completed(ctx: &Ctx, job: &Model) -> Result<Model, Error> {
    let done = jobs::Completion {
        lease: Lease::of(job).unwrap(),
        result: Some(json!({"said": "yes"})),
    };
    let work = async |tx: Tx| jobs::complete(ctx, &tx, None, done.clone()).await;
    ctx.database.write(work).await
}

pub async fn failed(ctx: &Ctx, job: &Model, retry: bool) -> Result<Model, Error> {
    let lease = Lease::of(job).unwrap();
    let failure = jobs::Failure {
        error: "no answer".to_owned(),
        retry,
        pause: Some(TimeDelta::zero()),
    };
    let work = async |tx: Tx| jobs::fail(ctx, &tx, None, &lease, failure.clone()).await;
    ctx.database.write(work).await
}

/// Parks a job as if an approval of it were pending.
pub async fn park_for_approval(ctx: &Ctx, tx: &Tx, lease: &Lease) -> Result<Model, Error> {
    let due = ctx.now() + TimeDelta::hours(1);
    jobs::set_approval_due(ctx, tx, lease.job, Some(due)).await?;
    jobs::park(ctx, tx, None, lease).await
}

pub async fn expired(ctx: &Ctx) -> Vec<Model> {
    let jobs = jobs::sweep::expired_leases(ctx, &ctx.database, 1_000)
        .await
        .unwrap();
    let work = async |tx: Tx| jobs::sweep::expire(ctx, &tx, &jobs).await;
    ctx.database.write(work).await.unwrap()
}

pub async fn found(ctx: &Ctx, id: JobId) -> Model {
    jobs::find(ctx, &ctx.database, id).await.unwrap()
}

/// What happened to a job; its events are numbered without holes.
pub async fn events(ctx: &Ctx, id: JobId) -> Vec<JobEventKind> {
    let events = jobs::history(ctx, &ctx.database, id).await.unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..).take(events.len()).collect::<Vec<i64>>());
    events.into_iter().map(|event| event.kind).collect()
}

/// The same, two hours later.
pub fn later(ctx: &Ctx, database: &db::Database) -> Ctx {
    let clock = Clock::new(|| Utc::now() + TimeDelta::hours(2));
    Ctx::new(ctx.actor, ctx.scope, "later".into(), clock, database)
}
