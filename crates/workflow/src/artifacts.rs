//! Artifacts: what came with a message, or was made of it.

use db::{ConnectionTrait, Tx};
use entity::{
    values::{ArtifactId, ArtifactKind, MessageId},
    workflow::artifact::{Entity, Model},
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::Value;

use crate::{Error, text};

const LONGEST_URI: usize = 2_000;

/// Attaches content, a link to it, or both to a message.
///
/// # Errors
///
/// [`Error::MessageNotFound`] if the scope has no such message, and [`Error::Invalid`] for a `uri` that
/// is not 1 to 2,000 characters on one line.
pub async fn attach(
    ctx: &Ctx,
    tx: &Tx,
    message: MessageId,
    kind: ArtifactKind,
    content_json: Option<Value>,
    uri: Option<String>,
) -> Result<Model, Error> {
    if let Some(uri) = &uri {
        text::check_line("/uri", uri, LONGEST_URI)?;
    }
    let artifact = Model {
        user_id: ctx.scope,
        id: ArtifactId::new(),
        message_id: message,
        kind,
        content_json,
        uri,
        created_at: ctx.now(),
    };
    let row = artifact.clone().into_active_model().reset_all();
    match Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_err(db::Error::from)
    {
        Ok(_) => Ok(artifact),
        Err(db::Error::Referenced(_)) => Err(Error::MessageNotFound { id: message }),
        Err(error) => Err(error.into()),
    }
}

/// # Errors
///
/// [`Error::ArtifactNotFound`] if the scope has no such artifact.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: ArtifactId) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.ok_or(Error::ArtifactNotFound { id })
}
