//! Table `idempotency_keys`: the first answer to a request that creates, kept for its repetitions.

use sea_orm::entity::prelude::*;

use crate::values::UserId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub path: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// `sha256:` and lower-case hex of the first request's body.
    pub request_hash: String,
    /// HTTP status of the first answer.
    pub status: i64,
    /// Body of the first answer, as it was sent.
    pub response: String,
    /// `Location` and `ETag` of the first answer.
    #[sea_orm(column_type = "JsonBinary")]
    pub headers: Json,
    pub expires_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
