//! Table `approval_approvers`: whom an approval's owner lets see it and vote on it.

use sea_orm::entity::prelude::*;

use crate::values::{ApprovalId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approval_approvers")]
pub struct Model {
    /// Whose approval it is; it is looked up before there is a scope.
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub approval_id: ApprovalId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub approver_user_id: UserId,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
