//! Table `messages`: what was said in a thread, in its order.

use sea_orm::entity::prelude::*;

use crate::values::{MessageId, MessageRole, ThreadId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    pub thread_id: ThreadId,
    /// From 1, without holes in its thread.
    pub seq: i64,
    /// The platform's own id; unique in its thread.
    pub platform_message_id: Option<String>,
    pub role: MessageRole,
    /// Who said it, in the platform's words.
    pub author: Option<String>,
    pub text: String,
    /// What came, to the byte.
    pub raw_payload: Option<String>,
    pub created_at: DateTimeUtc,
    /// Since when it is there no more for those who read; its place in the order stays.
    pub deleted_at: Option<DateTimeUtc>,
    /// Since when what was deleted is gone for good.
    pub purged_at: Option<DateTimeUtc>,
    /// Whether its words are in `message_words`.
    pub is_indexed: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
