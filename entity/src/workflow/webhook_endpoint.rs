//! Table `webhook_endpoints`: who is to be told of what, as far as a transaction must know; the rest is in the
//! service's configuration.

use sea_orm::entity::prelude::*;

use crate::values::UserId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Whose events it is told.
    pub owner_user_id: UserId,
    /// Names of events, such as `approval.proposed`.
    #[sea_orm(column_type = "JsonBinary")]
    pub events: Json,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
