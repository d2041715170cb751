//! Approvals whose time is over, across users.

use chrono::{DateTime, Utc};
use db::{ConnectionTrait, Tx};
use entity::{
    values::{ApprovalStatus, JobId, JobStatus, UserId},
    workflow::job::{Column, Entity},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::ExprTrait,
};

use super::{
    end::cancel_of,
    outcome::{note_due, pending_of, settle},
    transition::transition,
};
use crate::{Error, jobs, queues};

/// A job that asks for something whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// In whose scope [`expire_of`] is to be called.
    pub owner: UserId,
    pub job: JobId,
}

/// The jobs of all users with an approval that has expired, or that have ended with one that is not decided; the
/// longest due first, up to `limit`.
pub async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Due>, Error> {
    let found: Vec<(UserId, JobId)> = Entity::find()
        .select_only()
        .columns([Column::OwnerUserId, Column::Id])
        .filter(Column::ApprovalDueAt.is_not_null())
        .filter(
            Column::ApprovalDueAt
                .lte(now)
                .or(Column::Status.is_in(ENDED)),
        )
        .order_by_asc(Column::ApprovalDueAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    let due = found.into_iter().map(|(owner, job)| Due { owner, job });
    Ok(due.collect())
}

const ENDED: [JobStatus; 3] = [JobStatus::Done, JobStatus::Failed, JobStatus::Canceled];

/// Expires what a job of the scope has asked for in vain, or cancels it where the job has ended; how many approvals
/// that were. The waiting job fails, or goes on if it wants to.
///
/// # Errors
///
/// [`Error::JobNotFound`] if the scope has no such job.
pub async fn expire_of(ctx: &Ctx, tx: &Tx, job: JobId) -> Result<usize, Error> {
    let thread = jobs::find(ctx, tx, job).await?.thread_id;
    queues::lock(ctx, tx, thread).await?;
    if ENDED.contains(&jobs::find(ctx, tx, job).await?.status) {
        let canceled = cancel_of(ctx, tx, &[job]).await?;
        note_due(ctx, tx, job).await?;
        return Ok(canceled);
    }
    let mut expired = 0;
    // Each may end the others along with the job, so that they are read anew.
    while let Some(first) = pending_of(ctx, tx, job).await?.into_iter().next()
        && first.expires_at <= ctx.now()
    {
        let ended = transition(ctx, tx, &first, ApprovalStatus::Expired).await?;
        settle(ctx, tx, &ended).await?;
        expired += 1;
    }
    note_due(ctx, tx, job).await?;
    Ok(expired)
}
