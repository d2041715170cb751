//! Table `artifact_revisions`: what an artifact held before it was changed.

use sea_orm::entity::prelude::*;

use crate::values::{ArtifactId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artifact_revisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub artifact_id: ArtifactId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub content_json: Option<Json>,
    pub uri: Option<String>,
    /// Since when the artifact held it.
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
