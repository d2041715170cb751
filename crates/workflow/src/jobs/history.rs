use db::ConnectionTrait;
use entity::{
    values::JobId,
    workflow::job_event::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::Error;

/// What has happened to a job of the scope, in its order.
///
/// # Errors
///
/// [`Error::JobNotFound`] if the scope has no such job.
pub async fn history(ctx: &Ctx, db: &impl ConnectionTrait, id: JobId) -> Result<Vec<Model>, Error> {
    super::find(ctx, db, id).await?;
    let events = Entity::find()
        .filter(Column::JobId.eq(id))
        .order_by_asc(Column::Seq)
        .all(db)
        .await?;
    Ok(events)
}
