//! Table `token_budgets`: how much may be used in a period.

use sea_orm::entity::prelude::*;

use crate::values::{Amount, BudgetPeriod, BudgetScope, TokenBudgetId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_budgets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TokenBudgetId,
    pub scope: BudgetScope,
    pub period: BudgetPeriod,
    /// `tokens`, or a currency of ISO 4217; unique per user with scope and period.
    pub unit: String,
    /// Past it nothing is reserved.
    pub hard_limit: Amount,
    /// Past it there is a warning.
    pub soft_limit: Option<Amount>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
