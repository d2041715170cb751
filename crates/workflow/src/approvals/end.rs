//! Ends of approvals that nobody votes on.

use std::collections::BTreeSet;

use db::Tx;
use entity::{
    values::{ApprovalId, ApprovalStatus, JobId},
    workflow::approval::Model,
};
use identity::Ctx;

use super::{
    outcome::{note_due, pending_of_all, settle},
    read::find_and_lock,
    transition::transition,
};
use crate::Error;

/// Takes a pending approval back; the job that waits for it fails, unless it wants to go on.
///
/// # Errors
///
/// [`Error::ApprovalNotFound`] if the scope has none such, [`Error::ApprovalResolved`] if it is decided.
pub async fn cancel(ctx: &Ctx, tx: &Tx, id: ApprovalId) -> Result<Model, Error> {
    let approval = find_and_lock(ctx, tx, id).await?;
    let canceled = transition(ctx, tx, &approval, ApprovalStatus::Canceled).await?;
    settle(ctx, tx, &canceled).await?;
    Ok(canceled)
}

/// Cancels what jobs of the scope that have ended were still asking for; how many approvals that were. The jobs
/// are left as they are. Their threads' queues are locked.
pub async fn cancel_of(ctx: &Ctx, tx: &Tx, jobs: &[JobId]) -> Result<usize, Error> {
    end_all(ctx, tx, jobs, ApprovalStatus::Canceled).await
}

/// As [`cancel_of`], where other work takes the place of the jobs.
pub async fn supersede_of(ctx: &Ctx, tx: &Tx, jobs: &[JobId]) -> Result<usize, Error> {
    end_all(ctx, tx, jobs, ApprovalStatus::Superseded).await
}

async fn end_all(ctx: &Ctx, tx: &Tx, jobs: &[JobId], to: ApprovalStatus) -> Result<usize, Error> {
    let pending = pending_of_all(ctx, tx, jobs).await?;
    for approval in &pending {
        transition(ctx, tx, approval, to).await?;
    }
    let jobs: BTreeSet<JobId> = pending.iter().map(|approval| approval.job_id).collect();
    for job in jobs {
        note_due(ctx, tx, job).await?;
    }
    Ok(pending.len())
}
