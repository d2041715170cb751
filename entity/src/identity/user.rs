//! Table `users`: who owns books.

use sea_orm::entity::prelude::*;

use crate::values::{PortfolioId, UserId, UserRole};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Case-folded, unique.
    pub email: String,
    pub display_name: String,
    pub role: UserRole,
    pub is_active: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Grows to end all sessions at once: an access token of another version is refused.
    pub session_version: i64,
    /// One of the user's own portfolios.
    pub default_portfolio_id: Option<PortfolioId>,
    pub last_login_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
