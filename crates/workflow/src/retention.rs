//! What is kept for a time only: artifacts, and what was deleted.

use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use entity::{
    values::{ArtifactId, MessageId},
    workflow::{artifact, message},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use uuid::{Builder, Uuid};

use crate::Error;

/// How long what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// An artifact, after its last change.
    pub artifacts: TimeDelta,
    /// What a deleted message said, and its artifacts, after it was deleted.
    pub deleted_messages: TimeDelta,
}

impl Retention {
    pub const DEFAULT: Self = Self {
        artifacts: TimeDelta::days(90),
        deleted_messages: TimeDelta::days(30),
    };
}

/// How much of a user's was cleared away in one go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    pub artifacts: u64,
    pub messages: u64,
}

/// Clears away at most `most` of the scope's artifacts, and as many deleted messages, whose time is over. Fewer of
/// both are the last.
pub async fn clear(ctx: &Ctx, tx: &Tx, retention: &Retention, most: u64) -> Result<Cleared, Error> {
    Ok(Cleared {
        artifacts: delete_old_artifacts(ctx, tx, ctx.now() - retention.artifacts, most).await?,
        messages: purge(ctx, tx, ctx.now() - retention.deleted_messages, most).await?,
    })
}

/// Ids are in the order of their making: what is younger than the time that is kept need not be looked at.
async fn delete_old_artifacts(
    ctx: &Ctx,
    tx: &Tx,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, Error> {
    use artifact::{Column, Entity};

    let unchanged_since = Condition::any().add(Column::UpdatedAt.lt(before)).add(
        Column::UpdatedAt
            .is_null()
            .and(Column::CreatedAt.lt(before)),
    );
    let old: Vec<ArtifactId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Id.lt(ArtifactId(first_id_of(before))))
        .filter(unchanged_since.clone())
        .order_by_asc(Column::Id)
        .limit(most)
        .into_tuple()
        .all(tx)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    // Whoever changed one meanwhile keeps it.
    let deleted = Entity::delete_many()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Id.is_in(old))
        .filter(unchanged_since)
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected)
}

/// What is left is the message's place in the order, and its platform's id: if that comes again, it is not new.
async fn purge(ctx: &Ctx, tx: &Tx, before: DateTime<Utc>, most: u64) -> Result<u64, Error> {
    use message::{Column, Entity};

    let deleted: Vec<MessageId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::DeletedAt.lt(before))
        .filter(Column::PurgedAt.is_null())
        .order_by_asc(Column::DeletedAt)
        .limit(most)
        .into_tuple()
        .all(tx)
        .await?;
    if deleted.is_empty() {
        return Ok(0);
    }
    artifact::Entity::delete_many()
        .filter(artifact::Column::UserId.eq(ctx.scope))
        .filter(artifact::Column::MessageId.is_in(deleted.iter().copied()))
        .exec(tx)
        .await?;
    let purged = Entity::update_many()
        .col_expr(Column::Text, Expr::value(""))
        .col_expr(Column::Author, Expr::value(None::<String>))
        .col_expr(Column::RawPayload, Expr::value(None::<String>))
        .col_expr(Column::PurgedAt, Expr::value(ctx.now()))
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Id.is_in(deleted))
        .exec(tx)
        .await?;
    Ok(purged.rows_affected)
}

/// The smallest id that can be made at this instant (RFC 9562, 5.7).
fn first_id_of(instant: DateTime<Utc>) -> Uuid {
    let milliseconds = u64::try_from(instant.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(milliseconds, &[0; 10]).into_uuid()
}
