//! Table `approval_votes`: what each person said to an approval, once.

use sea_orm::entity::prelude::*;

use crate::values::{ActorKind, ApprovalId, UserId, VoteKind};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approval_votes")]
pub struct Model {
    /// Whose approval it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub approval_id: ApprovalId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub voter_user_id: UserId,
    /// Whether the voter was there in person or sent a program.
    pub voter_kind: ActorKind,
    pub vote: VoteKind,
    /// Never null where the vote is to reject.
    pub reason: Option<String>,
    pub at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
