//! What was run: stored executions, newest first.

use books::page::{Listed, Page};
use db::ConnectionTrait;
use entity::{execution, values::ExecutionId};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::Error;

pub async fn find(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: ExecutionId,
) -> Result<execution::Model, Error> {
    execution::Entity::find_by_id((ctx.scope, id))
        .one(db)
        .await?
        .ok_or(Error::ExecutionNotFound { id })
}

pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    page: &Page<ExecutionId>,
) -> Result<Listed<execution::Model>, Error> {
    let mut query = execution::Entity::find().filter(execution::Column::UserId.eq(ctx.scope));
    if let Some(after) = page.after {
        query = query.filter(execution::Column::Id.lt(after));
    }
    let rows = query
        .order_by_desc(execution::Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}
