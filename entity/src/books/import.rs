//! Table `imports`: what was read into the books, when, and from which file.

use sea_orm::entity::prelude::*;

use crate::values::{ImportId, ImportStatus, PortfolioId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ImportId,
    pub portfolio_id: Option<PortfolioId>,
    pub format: String,
    /// `sha256:` and lower-case hex of what was read.
    pub file_hash: String,
    pub status: ImportStatus,
    #[sea_orm(column_type = "JsonBinary")]
    pub counts: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub errors: Json,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
