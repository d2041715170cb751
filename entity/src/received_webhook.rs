//! Table `received_webhooks`: the signed messages of the last hours, so that none counts twice.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "received_webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub producer: String,
    /// The producer's own, or the hash of a signature.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: String,
    pub received_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
