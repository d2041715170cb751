//! What an approval's outcome means for the job that waits for it.

use db::Tx;
use entity::{
    values::{ApprovalId, ApprovalStatus, JobId, JobStatus, OnRefusal, VoteKind},
    workflow::{
        approval::{Column, Entity, Model},
        approval_vote, job,
    },
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::transition::transition;
use crate::{Error, jobs};

/// Lets the job go on or fail. One that is not waiting looks for itself.
pub(super) async fn settle(ctx: &Ctx, tx: &Tx, approval: &Model) -> Result<(), Error> {
    let job = jobs::find(ctx, tx, approval.job_id).await?;
    if job.status == JobStatus::AwaitingApproval {
        let is_refused = approval.status != ApprovalStatus::Approved;
        if is_refused && approval.on_refusal == OnRefusal::Fail {
            return fail(ctx, tx, &job, approval).await;
        }
        if pending_of(ctx, tx, job.id).await?.is_empty() {
            let outcome = json!({ "approval_id": approval.id, "status": approval.status });
            jobs::resume(ctx, tx, job.id, outcome).await?;
        }
    }
    note_due(ctx, tx, job.id).await
}

/// What else the job asked for is of no use any more.
async fn fail(ctx: &Ctx, tx: &Tx, job: &job::Model, approval: &Model) -> Result<(), Error> {
    for other in pending_of(ctx, tx, job.id).await? {
        transition(ctx, tx, &other, ApprovalStatus::Canceled).await?;
    }
    note_due(ctx, tx, job.id).await?;
    let error = match rejection(ctx, tx, approval.id).await? {
        Some(reason) => format!("approval {} was rejected: {reason}", approval.id),
        None if approval.status == ApprovalStatus::Expired => {
            format!("approval {} expired before it was decided", approval.id)
        }
        None => format!("approval {} was {}", approval.id, approval.status),
    };
    jobs::fail_waiting(ctx, tx, job.id, error).await?;
    Ok(())
}

async fn rejection(ctx: &Ctx, tx: &Tx, id: ApprovalId) -> Result<Option<String>, Error> {
    let rejecting = approval_vote::Entity::find()
        .filter(approval_vote::Column::UserId.eq(ctx.scope))
        .filter(approval_vote::Column::ApprovalId.eq(id))
        .filter(approval_vote::Column::Vote.eq(VoteKind::Reject))
        .one(tx)
        .await?;
    Ok(rejecting.and_then(|vote| vote.reason))
}

/// The job's approvals that are not decided, the one that expires first before the others.
pub(super) async fn pending_of(ctx: &Ctx, tx: &Tx, job: JobId) -> Result<Vec<Model>, Error> {
    pending_of_all(ctx, tx, &[job]).await
}

/// As [`pending_of`], of several jobs.
pub(super) async fn pending_of_all(
    ctx: &Ctx,
    tx: &Tx,
    jobs: &[JobId],
) -> Result<Vec<Model>, Error> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let pending = Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::JobId.is_in(jobs.iter().copied()))
        .filter(Column::Status.eq(ApprovalStatus::Pending))
        .order_by_asc(Column::ExpiresAt)
        .order_by_asc(Column::Id);
    Ok(pending.all(tx).await?)
}

/// Writes down when the first of the job's pending approvals expires, for [`super::due`].
pub(super) async fn note_due(ctx: &Ctx, tx: &Tx, job: JobId) -> Result<(), Error> {
    let first = pending_of(ctx, tx, job).await?.into_iter().next();
    let due = first.map(|approval| approval.expires_at);
    jobs::set_approval_due(ctx, tx, job, due).await
}
