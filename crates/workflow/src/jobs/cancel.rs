//! Cancellation: at once of what does not run, by a request to the worker of what does.

use db::Tx;
use entity::{
    values::{JobEventKind, JobId, JobStatus, ThreadId},
    workflow::job::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    change::{Change, write_and_promote},
    finish::only,
    lease::lock_job,
};
use crate::{Error, queues};

/// Cancels a job of the scope: one that runs goes on until its worker has seen the request, or its lease ends.
/// One that was asked for its end before is as it was.
///
/// # Errors
///
/// [`Error::JobNotFound`], and [`Error::NotAllowed`] for a job that has ended.
pub async fn cancel(ctx: &Ctx, tx: &Tx, id: JobId) -> Result<Model, Error> {
    let job = lock_job(tx, Some(ctx.scope), id).await?;
    if is_asked(&job) {
        return Ok(job);
    }
    only(cancel_all(ctx, tx, vec![job]).await?, id)
}

/// Cancels all jobs of a thread that have not ended, except those that were asked to end before.
///
/// # Errors
///
/// [`Error::ThreadNotFound`] if the scope has no such thread.
pub async fn cancel_thread(ctx: &Ctx, tx: &Tx, thread: ThreadId) -> Result<Vec<Model>, Error> {
    queues::lock(ctx, tx, thread).await?;
    let open = [
        JobStatus::Queued,
        JobStatus::Running,
        JobStatus::AwaitingApproval,
    ];
    let jobs = of_status(ctx, tx, thread, &open).await?;
    cancel_all(ctx, tx, jobs).await
}

/// Jobs of a thread whose queue has been locked.
pub(super) async fn of_status(
    ctx: &Ctx,
    tx: &Tx,
    thread: ThreadId,
    statuses: &[JobStatus],
) -> Result<Vec<Model>, Error> {
    let jobs = Entity::find()
        .filter(Column::ThreadId.eq(thread))
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .filter(Column::Status.is_in(statuses.iter().copied()))
        .order_by_asc(Column::Id)
        .all(tx)
        .await?;
    Ok(jobs)
}

/// Cancels jobs whose queues have been locked; of those that were asked before there is no second event.
pub(super) async fn cancel_all(ctx: &Ctx, tx: &Tx, jobs: Vec<Model>) -> Result<Vec<Model>, Error> {
    let now = ctx.now();
    let mut changes = Vec::new();
    for job in jobs.into_iter().filter(|job| !is_asked(job)) {
        let event = if job.status == JobStatus::Running {
            JobEventKind::CancelRequested
        } else {
            JobEventKind::Canceled
        };
        let mut change = Change::of(job, event, now)?;
        change.job.cancel_requested_at.get_or_insert(now);
        change.job.approval_due_at = None;
        changes.push(change);
    }
    write_and_promote(tx, now, changes).await
}

fn is_asked(job: &Model) -> bool {
    job.status == JobStatus::Running && job.cancel_requested_at.is_some()
}
