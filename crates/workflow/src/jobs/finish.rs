use std::collections::HashMap;

use chrono::TimeDelta;
use db::Tx;
use entity::{
    values::{JobEventKind, JobId, UserId},
    workflow::job::Model,
};
use identity::Ctx;
use serde_json::Value;

use super::{
    Lease,
    change::{Change, write_and_promote},
    lease::{lock_jobs, lock_leased},
};
use crate::{Error, text};

const LONGEST_ERROR: usize = 10_000;

/// What a worker has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    pub lease: Lease,
    pub result: Option<Value>,
}

/// Why a worker has not done what it had claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub error: String,
    /// Whether another attempt may do better, if there is one left.
    pub retry: bool,
    /// Before the next attempt, instead of the usual pause.
    pub pause: Option<TimeDelta>,
}

/// Ends a job that was done. `owner` is whose jobs the worker may work on, if not everybody's.
///
/// # Errors
///
/// [`Error::LeaseLost`] if the job does not run under this lease any more; then nothing has changed.
pub async fn complete(
    ctx: &Ctx,
    tx: &Tx,
    owner: Option<UserId>,
    done: Completion,
) -> Result<Model, Error> {
    let id = done.lease.job;
    let mut outcomes = complete_many(ctx, tx, owner, vec![done]).await?;
    outcomes.pop().unwrap_or(Err(Error::JobNotFound { id }))
}

/// As [`complete`], of several: one whose lease is lost does not keep the others from their end. The outcomes
/// are in the order of the jobs.
///
/// # Errors
///
/// Of the database only; what is wrong with one job is its outcome.
pub async fn complete_many(
    ctx: &Ctx,
    tx: &Tx,
    owner: Option<UserId>,
    done: Vec<Completion>,
) -> Result<Vec<Result<Model, Error>>, Error> {
    let now = ctx.now();
    let ids: Vec<JobId> = done.iter().map(|done| done.lease.job).collect();
    let mut jobs = lock_jobs(tx, owner, &ids).await?;
    let mut changes = Vec::new();
    let mut refused: HashMap<JobId, Error> = HashMap::new();
    for Completion { lease, result } in done {
        let id = lease.job;
        match jobs.remove(&id) {
            Some(job) if lease.holds(&job, now) => {
                let change = Change::of(job, JobEventKind::Completed, now)?;
                changes.push(change.with_result(result));
            }
            Some(_) => drop(refused.insert(id, Error::LeaseLost { id })),
            // The same job twice in one call is done by its first mention.
            None => drop(refused.entry(id).or_insert(Error::JobNotFound { id })),
        }
    }
    let written = write_and_promote(tx, now, changes).await?;
    let mut written: HashMap<JobId, Model> = written.into_iter().map(|job| (job.id, job)).collect();
    let outcome = |id| match written.remove(&id) {
        Some(job) => Ok(job),
        None => Err(refused.remove(&id).unwrap_or(Error::LeaseLost { id })),
    };
    Ok(ids.into_iter().map(outcome).collect())
}

/// Ends an attempt that came to nothing: another follows after a pause that grows from attempt to attempt
/// ([`retry_pause`]), until there have been `max_attempts`. A job whose cancellation was asked for is canceled.
///
/// # Errors
///
/// As [`complete`]; [`Error::Invalid`] for an error of more than 10,000 characters.
pub async fn fail(
    ctx: &Ctx,
    tx: &Tx,
    owner: Option<UserId>,
    lease: &Lease,
    failure: Failure,
) -> Result<Model, Error> {
    text::check_storable("/error", &failure.error)?;
    if failure.error.chars().count() > LONGEST_ERROR {
        return Err(Error::Invalid {
            field: "/error",
            detail: format!("must be at most {LONGEST_ERROR} characters"),
        });
    }
    let now = ctx.now();
    let job = lock_leased(tx, owner, lease, now).await?;
    let has_attempts = failure.retry && job.attempt < job.max_attempts;
    let attempt = job.attempt;
    let change = if job.cancel_requested_at.is_some() {
        Change::of(job, JobEventKind::Canceled, now)?
    } else if has_attempts {
        let pause = failure.pause.unwrap_or_else(|| retry_pause(attempt));
        Change::of(job, JobEventKind::Retried, now)?.delayed(pause)
    } else {
        Change::of(job, JobEventKind::Failed, now)?
    };
    let change = change.with_error(failure.error);
    only(write_and_promote(tx, now, vec![change]).await?, lease.job)
}

/// Lets a job wait for people, without a lease; [`super::resume`] or [`super::fail_waiting`] goes on with it. A job
/// whose cancellation was asked for is canceled.
///
/// # Errors
///
/// As [`complete`]; [`Error::NothingPending`] if no approval of the job is pending: it would wait for ever.
pub async fn park(
    ctx: &Ctx,
    tx: &Tx,
    owner: Option<UserId>,
    lease: &Lease,
) -> Result<Model, Error> {
    let now = ctx.now();
    let job = lock_leased(tx, owner, lease, now).await?;
    let change = if job.cancel_requested_at.is_some() {
        Change::of(job, JobEventKind::Canceled, now)?
    } else if job.approval_due_at.is_none() {
        return Err(Error::NothingPending { id: lease.job });
    } else {
        Change::of(job, JobEventKind::Parked, now)?
    };
    only(write_and_promote(tx, now, vec![change]).await?, lease.job)
}

pub(super) fn only(written: Vec<Model>, id: JobId) -> Result<Model, Error> {
    written.into_iter().next().ok_or(Error::JobNotFound { id })
}

const FIRST_PAUSE: f64 = 1.0;
const LONGEST_PAUSE: f64 = 600.0;

/// The pause after the `attempt`-th attempt: 1, 2, 4, … seconds, at most ten minutes, of which the first half
/// is always waited and the rest by chance, so that those that failed together do not come back together.
pub fn retry_pause(attempt: i64) -> TimeDelta {
    let doublings = i32::try_from((attempt - 1).clamp(0, 30)).unwrap_or(30);
    let most = (FIRST_PAUSE * 2_f64.powi(doublings)).min(LONGEST_PAUSE);
    let seconds = most * (0.5 + fastrand::f64() / 2.0);
    // At most 600,000: it fits.
    #[allow(clippy::cast_possible_truncation)]
    let milliseconds = (seconds * 1e3) as i64;
    TimeDelta::milliseconds(milliseconds)
}
