//! Table `lot_closures`: what one transaction took from one lot.

use sea_orm::entity::prelude::*;

use crate::values::{LotClosureId, LotId, Money, PortfolioId, Quantity, TransactionId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lot_closures")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotClosureId,
    pub portfolio_id: PortfolioId,
    pub lot_id: LotId,
    pub transaction_id: TransactionId,
    pub quantity: Quantity,
    /// In the lot's cost currency, as `cost_basis` and `realized_gain` are.
    pub proceeds: Money,
    pub cost_basis: Money,
    pub realized_gain: Money,
    /// The part of the gain, in base currency, that came from the exchange rate.
    pub fx_gain: Option<Money>,
    pub closed_on: Date,
    pub holding_days: i64,
    pub books_revision: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
