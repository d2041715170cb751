use db::{
    ConnectionTrait,
    page::{Listed, Page},
};
use entity::{
    values::{JobId, JobMode, JobStatus, ThreadId},
    workflow::job::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::Error;

/// Which jobs are wanted; all of them where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<JobStatus>,
    pub mode: Option<JobMode>,
    pub thread: Option<ThreadId>,
}

/// # Errors
///
/// [`Error::JobNotFound`] if the scope has no such job.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: JobId) -> Result<Model, Error> {
    let found = Entity::find_by_id(id)
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .one(db)
        .await?;
    found.ok_or(Error::JobNotFound { id })
}

/// The scope's jobs, the newest first.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    filter: Filter,
    page: Page<JobId>,
) -> Result<Listed<Model>, Error> {
    let mut query = Entity::find().filter(Column::OwnerUserId.eq(ctx.scope));
    if let Some(thread) = filter.thread {
        query = query.filter(Column::ThreadId.eq(thread));
    }
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    if let Some(mode) = filter.mode {
        query = query.filter(Column::Mode.eq(mode));
    }
    if let Some(after) = page.after {
        query = query.filter(Column::Id.lt(after));
    }
    let found = query
        .order_by_desc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(found))
}
