//! An artifact is changed in its place, and what it held before is kept.

use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    values::{ArtifactId, ThreadId},
    workflow::{
        artifact::{Column, Entity, Model},
        artifact_revision::{self, Model as Revision},
    },
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde_json::Value;

use super::{check, find, lock_thread, publish};
use crate::Error;

/// An artifact whose thread is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    pub artifact: Model,
    thread: ThreadId,
}

/// As [`find`], and nobody else changes the artifact before the transaction ends.
///
/// # Errors
///
/// As those of [`find`].
pub async fn find_and_lock(ctx: &Ctx, tx: &Tx, id: ArtifactId) -> Result<Locked, Error> {
    let message = find(ctx, tx, id).await?.message_id;
    let thread = match lock_thread(ctx, tx, message).await {
        Err(Error::MessageNotFound { .. }) => return Err(Error::ArtifactNotFound { id }),
        locked => locked?,
    };
    let artifact = find(ctx, tx, id).await?;
    Ok(Locked { artifact, thread })
}

/// Gives a locked artifact other content and another link. What it held is kept as a revision; where nothing
/// differs, nothing is changed.
///
/// # Errors
///
/// [`Error::Invalid`] for neither content nor a `uri`, and for a `uri` that is not 1 to 2,000 characters on one line.
pub async fn update(
    ctx: &Ctx,
    tx: &Tx,
    current: Locked,
    content_json: Option<Value>,
    uri: Option<String>,
) -> Result<Model, Error> {
    check(content_json.as_ref(), uri.as_deref())?;
    let Locked {
        artifact: current,
        thread,
    } = current;
    if current.content_json == content_json && current.uri == uri {
        return Ok(current);
    }
    let now = ctx.now();
    let changed = Model {
        content_json,
        uri,
        revision: current.revision + 1,
        updated_at: Some(now),
        ..current.clone()
    };
    let former = Revision {
        user_id: ctx.scope,
        artifact_id: current.id,
        revision: current.revision,
        content_json: current.content_json,
        uri: current.uri,
        created_at: current.updated_at.unwrap_or(current.created_at),
    };
    let row = former.into_active_model().reset_all();
    artifact_revision::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Entity::update_many()
        .col_expr(
            Column::ContentJson,
            Expr::value(changed.content_json.clone()),
        )
        .col_expr(Column::Uri, Expr::value(changed.uri.clone()))
        .col_expr(Column::Revision, Expr::value(changed.revision))
        .col_expr(Column::UpdatedAt, Expr::value(changed.updated_at))
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Id.eq(changed.id))
        .exec(tx)
        .await?;
    publish(ctx, tx, thread, &changed, "changed").await?;
    Ok(changed)
}

/// What an artifact held before, newest first.
///
/// # Errors
///
/// [`Error::ArtifactNotFound`] if the scope has no such artifact, or its message is deleted.
pub async fn revisions(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: ArtifactId,
    page: &Page<i64>,
) -> Result<Listed<Revision>, Error> {
    find(ctx, db, id).await?;
    let mut query = artifact_revision::Entity::find()
        .filter(artifact_revision::Column::UserId.eq(ctx.scope))
        .filter(artifact_revision::Column::ArtifactId.eq(id));
    if let Some(known) = page.after {
        query = query.filter(artifact_revision::Column::Revision.lt(known));
    }
    let query = query
        .order_by_desc(artifact_revision::Column::Revision)
        .limit(page.fetch_limit());
    Ok(page.cut(query.all(db).await?))
}
