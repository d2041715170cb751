//! Table `paused_job_modes`: modes whose jobs a user keeps from being claimed.

use sea_orm::entity::prelude::*;

use crate::values::{JobMode, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "paused_job_modes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub mode: JobMode,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
