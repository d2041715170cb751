use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::{Tx, query::fetch_all};
use entity::{
    values::{JobId, JobStatus, ThreadId, UserId},
    workflow::{
        job::{Column, Entity, Model},
        job_queue,
    },
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::{Error, queues};

/// What a worker shows for a job that it has claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub job: JobId,
    pub token: Uuid,
    pub attempt: i64,
}

impl Lease {
    /// The lease of a job that has just been claimed.
    pub fn of(job: &Model) -> Option<Self> {
        Some(Self {
            job: job.id,
            token: job.lease_token?,
            attempt: job.attempt,
        })
    }

    /// Whether the job runs under this lease still.
    pub(crate) fn holds(&self, job: &Model, now: DateTime<Utc>) -> bool {
        job.status == JobStatus::Running
            && job.lease_token == Some(self.token)
            && job.attempt == self.attempt
            && job.lease_expires_at.is_some_and(|until| until > now)
    }
}

/// Locks the queues of jobs, and reads the jobs as they are then. Of those that are not there, or not
/// `owner`'s, there is nothing.
pub(crate) async fn lock_jobs(
    tx: &Tx,
    owner: Option<UserId>,
    jobs: &[JobId],
) -> Result<HashMap<JobId, Model>, Error> {
    let threads = threads_of(tx, owner, jobs).await?;
    if threads.is_empty() {
        return Ok(HashMap::new());
    }
    let locked = queues::lock_all(tx, owner, threads).await?;
    read_locked(tx, &locked, jobs).await
}

/// As [`lock_jobs`], of everybody's, but only those whose queues nobody has locked.
pub(crate) async fn lock_free_jobs(
    tx: &Tx,
    jobs: &[JobId],
) -> Result<HashMap<JobId, Model>, Error> {
    let threads = threads_of(tx, None, jobs).await?;
    let locked = queues::lock_free(tx, threads).await?;
    read_locked(tx, &locked, jobs).await
}

async fn threads_of(
    tx: &Tx,
    owner: Option<UserId>,
    jobs: &[JobId],
) -> Result<Vec<ThreadId>, Error> {
    let mut threads = Entity::find()
        .select_only()
        .column(Column::ThreadId)
        .filter(Column::Id.is_in(jobs.iter().copied()));
    if let Some(owner) = owner {
        threads = threads.filter(Column::OwnerUserId.eq(owner));
    }
    Ok(threads.distinct().into_tuple().all(tx).await?)
}

/// A job never changes its thread: what is read after the lock is as it was locked.
async fn read_locked(
    tx: &Tx,
    locked: &[job_queue::Model],
    jobs: &[JobId],
) -> Result<HashMap<JobId, Model>, Error> {
    let threads = locked.iter().map(|queue| queue.thread_id);
    let query = Entity::find()
        .filter(Column::Id.is_in(jobs.iter().copied()))
        .filter(Column::ThreadId.is_in(threads));
    let jobs: Vec<Model> = fetch_all(tx, query.as_query()).await?;
    Ok(jobs.into_iter().map(|job| (job.id, job)).collect())
}

/// As [`lock_jobs`], of one.
///
/// # Errors
///
/// [`Error::JobNotFound`] if it is not there.
pub(crate) async fn lock_job(tx: &Tx, owner: Option<UserId>, id: JobId) -> Result<Model, Error> {
    let mut found = lock_jobs(tx, owner, &[id]).await?;
    found.remove(&id).ok_or(Error::JobNotFound { id })
}

/// Makes sure that a job runs under `lease` until the transaction ends: nobody else can end or claim it.
///
/// # Errors
///
/// [`Error::JobNotFound`], and [`Error::LeaseLost`] if it runs no more, or under another lease.
pub async fn check_lease(
    ctx: &Ctx,
    tx: &Tx,
    owner: Option<UserId>,
    lease: &Lease,
) -> Result<Model, Error> {
    lock_leased(tx, owner, lease, ctx.now()).await
}

/// The job that runs under `lease`, its queue locked.
///
/// # Errors
///
/// [`Error::JobNotFound`], and [`Error::LeaseLost`] if it runs no more, or under another lease.
pub(crate) async fn lock_leased(
    tx: &Tx,
    owner: Option<UserId>,
    lease: &Lease,
    now: DateTime<Utc>,
) -> Result<Model, Error> {
    let job = lock_job(tx, owner, lease.job).await?;
    if lease.holds(&job, now) {
        return Ok(job);
    }
    Err(Error::LeaseLost { id: lease.job })
}
