//! Table `portfolio_shares`: what other users may do with a portfolio.

use sea_orm::entity::prelude::*;

use crate::values::{PortfolioId, SharePermission, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "portfolio_shares")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub portfolio_id: PortfolioId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub grantee_user_id: UserId,
    pub permission: SharePermission,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
