//! Table `audit_log`: every change and every refused attempt, each row sealed over the one before.

use sea_orm::entity::prelude::*;

use crate::values::{ActorKind, AuditOutcome, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// From 1, without holes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: DateTimeUtc,
    pub actor_user_id: Option<UserId>,
    pub actor_kind: ActorKind,
    /// Such as `portfolio.create`.
    pub action: String,
    pub resource_type: String,
    pub resource_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub details: Json,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: String,
    pub outcome: AuditOutcome,
    /// The hash of the row before; 64 zeros in the first.
    pub prev_hash: String,
    /// Lower-case hex.
    pub hash: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
