//! Table `job_queues`: one row a thread, which whoever changes anything of the thread locks first.

use sea_orm::entity::prelude::*;

use crate::values::{ThreadId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_queues")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub thread_id: ThreadId,
    pub owner_user_id: UserId,
    /// So many of its jobs may run at a time; 1 keeps them in order.
    pub max_running: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
