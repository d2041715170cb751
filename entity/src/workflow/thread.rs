//! Table `threads`: conversations, each with one chat of one platform.

use sea_orm::entity::prelude::*;

use crate::values::{ThreadId, ThreadState, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "threads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ThreadId,
    /// Where the conversation is held, such as `signals`.
    pub platform: String,
    /// The platform's own name for it; unique per owner and platform.
    pub chat_id: String,
    pub title: Option<String>,
    pub state: ThreadState,
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
