use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    values::{ApprovalId, ApprovalStatus, JobId, ThreadId},
    workflow::{
        approval::{Column, Entity, Model},
        approval_vote,
    },
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{Error, queues};

/// Which approvals are wanted; all where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<ApprovalStatus>,
    pub thread: Option<ThreadId>,
    pub job: Option<JobId>,
}

/// # Errors
///
/// [`Error::ApprovalNotFound`] if the scope has no such approval.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: ApprovalId) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.ok_or(Error::ApprovalNotFound { id })
}

/// The scope's approvals, in the order of their making.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    filter: Filter,
    page: &Page<ApprovalId>,
) -> Result<Listed<Model>, Error> {
    let mut query = Entity::find().filter(Column::UserId.eq(ctx.scope));
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    if let Some(thread) = filter.thread {
        query = query.filter(Column::ThreadId.eq(thread));
    }
    if let Some(job) = filter.job {
        query = query.filter(Column::JobId.eq(job));
    }
    if let Some(known) = page.after {
        query = query.filter(Column::Id.gt(known));
    }
    let rows = query
        .order_by_asc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

/// What was said to an approval of the scope, in the order of the votes.
pub async fn votes_on(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: ApprovalId,
) -> Result<Vec<approval_vote::Model>, Error> {
    let votes = approval_vote::Entity::find()
        .filter(approval_vote::Column::UserId.eq(ctx.scope))
        .filter(approval_vote::Column::ApprovalId.eq(id))
        .order_by_asc(approval_vote::Column::At)
        .order_by_asc(approval_vote::Column::VoterUserId);
    Ok(votes.all(db).await?)
}

/// As it stands once nobody else can change it before the transaction ends.
pub(super) async fn find_and_lock(ctx: &Ctx, tx: &Tx, id: ApprovalId) -> Result<Model, Error> {
    let thread = find(ctx, tx, id).await?.thread_id;
    queues::lock(ctx, tx, thread).await?;
    find(ctx, tx, id).await
}

/// Whether it can still be decided.
pub(super) fn require_open(ctx: &Ctx, approval: &Model) -> Result<(), Error> {
    let id = approval.id;
    match approval.status {
        ApprovalStatus::Pending if approval.expires_at > ctx.now() => Ok(()),
        ApprovalStatus::Pending | ApprovalStatus::Expired => Err(Error::ApprovalExpired { id }),
        status => Err(Error::ApprovalResolved { id, status }),
    }
}
