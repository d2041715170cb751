use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use db::{Tx, hints::tell_soon};
use entity::{
    values::{JobEventKind, JobId, JobMode, JobScheduleId, JobStatus, MessageId, ThreadId, UserId},
    workflow::job::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{
    change::{Change, threads_of},
    store,
};
use crate::{Error, hints, queues, text};

const LONGEST_KEY: usize = 255;
const MOST_ATTEMPTS: i64 = 100;

/// Work that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    pub mode: JobMode,
    pub payload: Value,
    /// 0 to 9, larger first.
    pub priority: i64,
    /// Not before; at once if there is none.
    pub run_at: Option<DateTime<Utc>>,
    /// 1 to 100.
    pub max_attempts: i64,
    /// 1 to 255 characters: the same one in the same thread is the same job.
    pub idempotency_key: Option<String>,
    pub trigger_message_id: Option<MessageId>,
    pub schedule_id: Option<JobScheduleId>,
}

impl NewJob {
    pub const PRIORITY: i64 = 5;
    pub const MAX_ATTEMPTS: i64 = 5;

    /// A job to be done at once, with the usual priority and number of attempts.
    pub fn new(mode: JobMode, payload: Value) -> Self {
        Self {
            mode,
            payload,
            priority: Self::PRIORITY,
            run_at: None,
            max_attempts: Self::MAX_ATTEMPTS,
            idempotency_key: None,
            trigger_message_id: None,
            schedule_id: None,
        }
    }
}

/// What became of work that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    pub job: Model,
    /// Whether it was there already, by its idempotency key; then it is as it came first.
    pub was_there: bool,
}

/// Adds a job to a thread's queue, or finds the one that came with the same idempotency key before.
///
/// # Errors
///
/// As [`enqueue_many`].
pub async fn enqueue(ctx: &Ctx, tx: &Tx, thread: ThreadId, new: NewJob) -> Result<Enqueued, Error> {
    let mut enqueued = enqueue_many(ctx, tx, vec![(thread, new)]).await?;
    enqueued.pop().ok_or(Error::ThreadNotFound { id: thread })
}

/// As [`enqueue`], of several at once; the answers are in the order of the jobs.
///
/// # Errors
///
/// [`Error::ThreadNotFound`] if the scope has no such thread, and [`Error::Invalid`] for a priority, a number of
/// attempts or a key that is none. Then none is added.
pub async fn enqueue_many(
    ctx: &Ctx,
    tx: &Tx,
    new: Vec<(ThreadId, NewJob)>,
) -> Result<Vec<Enqueued>, Error> {
    for (_, job) in &new {
        check(job)?;
    }
    let now = ctx.now();
    let queues = lock(ctx, tx, &new).await?;
    let mut enqueued = Vec::with_capacity(new.len());
    let mut changes = Vec::new();
    let mut known: BTreeMap<(ThreadId, String), Model> = BTreeMap::new();
    for (thread, new) in new {
        let key = new.idempotency_key.clone().map(|key| (thread, key));
        if let Some(key) = &key
            && let Some(job) = known.get(key).cloned().or(of_key(tx, key).await?)
        {
            let was_there = true;
            enqueued.push(Enqueued { job, was_there });
            continue;
        }
        let job = new_row(ctx.scope, thread, now, new);
        if let Some(key) = key {
            known.insert(key, job.clone());
        }
        changes.push(first(job.clone()));
        let was_there = false;
        enqueued.push(Enqueued { job, was_there });
    }
    if !changes.is_empty() {
        mark(tx, &queues, &mut changes).await?;
        insert(tx, now, &changes).await?;
    }
    for Change { job, .. } in changes {
        let made = enqueued.iter_mut().filter(|made| made.job.id == job.id);
        made.for_each(|made| made.job.is_next = job.is_next);
    }
    Ok(enqueued)
}

/// Marks those that may be the next of their threads.
async fn mark(
    tx: &Tx,
    queues: &BTreeMap<ThreadId, i64>,
    changes: &mut [Change],
) -> Result<(), Error> {
    let taken = store::taken(tx, changes).await?;
    let mut earlier: BTreeMap<(ThreadId, i64), Vec<DateTime<Utc>>> = BTreeMap::new();
    for (Change { job, .. }, taken) in changes.iter_mut().zip(taken) {
        let max_running = queues.get(&job.thread_id).copied().unwrap_or_default();
        let earlier = earlier.entry((job.thread_id, job.priority)).or_default();
        let before = earlier
            .iter()
            .filter(|run_at| **run_at <= job.run_at)
            .count();
        job.is_next = taken + i64::try_from(before).unwrap_or(i64::MAX) < max_running;
        earlier.push(job.run_at);
    }
    Ok(())
}

async fn insert(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    store::insert(tx, now, changes).await?;
    for thread in threads_of(changes) {
        tell_soon(tx, hints::THREADS, thread.to_string());
    }
    if changes
        .iter()
        .any(|change| change.job.is_next && change.job.run_at <= now)
    {
        tell_soon(tx, hints::JOBS, String::new());
    }
    Ok(())
}

pub(super) fn check(new: &NewJob) -> Result<(), Error> {
    let refuse = |field, detail: String| Err(Error::Invalid { field, detail });
    if !(0..=9).contains(&new.priority) {
        return refuse("/priority", "must be 0 to 9".to_owned());
    }
    if !(1..=MOST_ATTEMPTS).contains(&new.max_attempts) {
        return refuse("/max_attempts", format!("must be 1 to {MOST_ATTEMPTS}"));
    }
    match &new.idempotency_key {
        Some(key) => text::check_line("/idempotency_key", key, LONGEST_KEY),
        None => Ok(()),
    }
}

/// For each thread, how many of its jobs may run at a time.
async fn lock(
    ctx: &Ctx,
    tx: &Tx,
    new: &[(ThreadId, NewJob)],
) -> Result<BTreeMap<ThreadId, i64>, Error> {
    let threads: BTreeSet<ThreadId> = new.iter().map(|(thread, _)| *thread).collect();
    let mut queues = queues::lock_all(tx, Some(ctx.scope), threads.iter().copied()).await?;
    if queues.len() < threads.len() {
        // The first work in a thread makes its queue.
        for thread in threads {
            if !queues.iter().any(|queue| queue.thread_id == thread) {
                queues.push(queues::lock(ctx, tx, thread).await?);
            }
        }
    }
    let max_running = queues
        .into_iter()
        .map(|queue| (queue.thread_id, queue.max_running));
    Ok(max_running.collect())
}

async fn of_key(tx: &Tx, (thread, key): &(ThreadId, String)) -> Result<Option<Model>, Error> {
    let query = Entity::find()
        .filter(Column::ThreadId.eq(*thread))
        .filter(Column::IdempotencyKey.eq(key.as_str()));
    Ok(query.one(tx).await?)
}

fn new_row(owner: UserId, thread: ThreadId, now: DateTime<Utc>, new: NewJob) -> Model {
    Model {
        id: JobId::new(),
        owner_user_id: owner,
        thread_id: thread,
        trigger_message_id: new.trigger_message_id,
        mode: new.mode,
        status: JobStatus::Queued,
        is_next: false,
        payload_json: new.payload,
        result_json: None,
        error: None,
        priority: new.priority,
        run_at: new.run_at.unwrap_or(now),
        attempt: 0,
        max_attempts: new.max_attempts,
        lease_token: None,
        lease_expires_at: None,
        worker: None,
        idempotency_key: new.idempotency_key,
        schedule_id: new.schedule_id,
        started_at: None,
        finished_at: None,
        cancel_requested_at: None,
        approval_due_at: None,
        event_seq: 1,
        created_at: now,
        updated_at: now,
    }
}

fn first(job: Model) -> Change {
    let details = json!({"run_at": job.run_at, "priority": job.priority});
    Change {
        job,
        after: 0,
        event: JobEventKind::Enqueued,
        details,
    }
}
