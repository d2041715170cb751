//! Table `artifacts`: what came with a message, or was made of it.

use sea_orm::entity::prelude::*;

use crate::values::{ArtifactId, ArtifactKind, MessageId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artifacts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ArtifactId,
    pub message_id: MessageId,
    pub kind: ArtifactKind,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub content_json: Option<Json>,
    /// Where the content is, if not here.
    pub uri: Option<String>,
    pub created_at: DateTimeUtc,
    /// From 1; those before it are in `artifact_revisions`.
    pub revision: i64,
    /// When it was last changed; `None` if it never was.
    pub updated_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
