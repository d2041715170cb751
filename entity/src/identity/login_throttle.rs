//! Table `login_throttles`: who or what failed to log in lately, and until when it is kept waiting.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_throttles")]
pub struct Model {
    /// `account:…` or `address:…`, whether or not there is such an account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// In a row.
    pub failures: i64,
    pub locked_until: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
