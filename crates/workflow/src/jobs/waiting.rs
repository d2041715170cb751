use chrono::{DateTime, Utc};
use db::{
    Tx,
    query::{execute, sql},
};
use entity::{
    values::{JobEventKind, JobId},
    workflow::job::Model,
};
use identity::Ctx;
use serde_json::Value;

use super::{
    change::{Change, write_and_promote},
    finish::only,
    lease::lock_job,
};
use crate::Error;

/// Lets a job of the scope that waits for people go on, at once; `outcome` is what its history says of why.
///
/// # Errors
///
/// [`Error::JobNotFound`], and [`Error::NotAllowed`] for a job that does not wait.
pub async fn resume(ctx: &Ctx, tx: &Tx, id: JobId, outcome: Value) -> Result<Model, Error> {
    let now = ctx.now();
    let job = lock_job(tx, Some(ctx.scope), id).await?;
    let mut change = Change::of(job, JobEventKind::Resumed, now)?.with(outcome);
    change.job.run_at = now;
    change.job.approval_due_at = None;
    // The attempt that waited is no failure: it does not use up the last one.
    change.job.max_attempts = change.job.max_attempts.max(change.job.attempt + 1);
    only(write_and_promote(tx, now, vec![change]).await?, id)
}

/// Ends a job of the scope that waited for people in vain.
///
/// # Errors
///
/// As [`resume`].
pub async fn fail_waiting(ctx: &Ctx, tx: &Tx, id: JobId, error: String) -> Result<Model, Error> {
    let now = ctx.now();
    let job = lock_job(tx, Some(ctx.scope), id).await?;
    let mut change = Change::of(job, JobEventKind::Refused, now)?.with_error(error);
    change.job.approval_due_at = None;
    only(write_and_promote(tx, now, vec![change]).await?, id)
}

/// Says when the soonest of a job's pending approvals expires; the job's queue has been locked.
pub async fn set_approval_due(
    ctx: &Ctx,
    tx: &Tx,
    id: JobId,
    due: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let text = "UPDATE jobs SET approval_due_at = $2 WHERE id = $1 AND owner_user_id = $3";
    execute(tx, &sql(text, [id.into(), due.into(), ctx.scope.into()])).await?;
    Ok(())
}
