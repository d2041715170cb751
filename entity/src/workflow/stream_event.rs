//! Table `stream_events`: what a subscriber of a thread hears, in the order of its commits.

use sea_orm::entity::prelude::*;

use crate::values::{StreamEventKind, ThreadId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stream_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub thread_id: ThreadId,
    /// From 1, without holes in its thread.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub owner_user_id: UserId,
    pub at: DateTimeUtc,
    pub kind: StreamEventKind,
    #[sea_orm(column_type = "JsonBinary")]
    pub data_json: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
