//! Artifacts: what came with a message, or was made of it.

mod revisions;

use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    values::{ArtifactId, ArtifactKind, MessageId, StreamEventKind, ThreadId},
    workflow::{
        artifact::{Column, Entity, Model},
        message,
    },
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Value, json};

use crate::{Error, messages, queues, stream, text};

pub use revisions::{Locked, find_and_lock, revisions, update};

const LONGEST_URI: usize = 2_000;

/// Attaches content, a link to it, or both to a message.
///
/// # Errors
///
/// [`Error::MessageNotFound`] if the scope has no such message, or it is deleted, and [`Error::Invalid`] for neither
/// content nor a `uri`, and for a `uri` that is not 1 to 2,000 characters on one line.
pub async fn attach(
    ctx: &Ctx,
    tx: &Tx,
    message: MessageId,
    kind: ArtifactKind,
    content_json: Option<Value>,
    uri: Option<String>,
) -> Result<Model, Error> {
    check(content_json.as_ref(), uri.as_deref())?;
    let thread = lock_thread(ctx, tx, message).await?;
    let artifact = Model {
        user_id: ctx.scope,
        id: ArtifactId::new(),
        message_id: message,
        kind,
        content_json,
        uri,
        created_at: ctx.now(),
        revision: 1,
        updated_at: None,
    };
    let row = artifact.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    publish(ctx, tx, thread, &artifact, "attached").await?;
    Ok(artifact)
}

/// # Errors
///
/// [`Error::ArtifactNotFound`] if the scope has no such artifact, or its message is deleted.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: ArtifactId) -> Result<Model, Error> {
    let query = present(ctx).filter(Column::Id.eq(id));
    let found = query.one(db).await?;
    found.ok_or(Error::ArtifactNotFound { id })
}

/// The artifacts of a message in the order of their making; none of a deleted one.
///
/// # Errors
///
/// [`Error::MessageNotFound`] if the scope has no such message.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    message: MessageId,
    page: &Page<ArtifactId>,
) -> Result<Listed<Model>, Error> {
    let mut query = present(ctx).filter(Column::MessageId.eq(message));
    if let Some(known) = page.after {
        query = query.filter(Column::Id.gt(known));
    }
    let query = query.order_by_asc(Column::Id).limit(page.fetch_limit());
    let found = query.all(db).await?;
    if found.is_empty() {
        messages::find(ctx, db, message).await?;
    }
    Ok(page.cut(found))
}

/// Those whose message is not deleted.
fn present(ctx: &Ctx) -> Select<Entity> {
    let of_it = Expr::col((message::Entity, message::Column::Id))
        .eq(Expr::col((Entity, Column::MessageId)));
    let message = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(message::Column::UserId.eq(ctx.scope))
        .filter(message::Column::DeletedAt.is_null())
        .filter(of_it);
    Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Expr::exists(message.into_query()))
}

/// The thread of a message that is not deleted. Nobody else changes anything of it before the transaction ends.
async fn lock_thread(ctx: &Ctx, tx: &Tx, message: MessageId) -> Result<ThreadId, Error> {
    let thread = messages::find(ctx, tx, message).await?.thread_id;
    queues::lock(ctx, tx, thread).await?;
    if messages::find(ctx, tx, message).await?.deleted_at.is_some() {
        return Err(Error::MessageNotFound { id: message });
    }
    Ok(thread)
}

fn check(content_json: Option<&Value>, uri: Option<&str>) -> Result<(), Error> {
    match (content_json, uri) {
        (_, Some(uri)) => text::check_line("/uri", uri, LONGEST_URI),
        (Some(_), None) => Ok(()),
        (None, None) => Err(Error::Invalid {
            field: "/content",
            detail: "must be there, or a uri, or both".to_owned(),
        }),
    }
}

async fn publish(
    ctx: &Ctx,
    tx: &Tx,
    thread: ThreadId,
    artifact: &Model,
    change: &str,
) -> Result<(), Error> {
    let data = json!({
        "change": change,
        "artifact_id": artifact.id,
        "message_id": artifact.message_id,
        "kind": artifact.kind,
        "revision": artifact.revision,
    });
    stream::publish(ctx, tx, thread, StreamEventKind::Artifact, data).await?;
    Ok(())
}
