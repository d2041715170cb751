//! Table `lot_closures`: what one transaction took from one lot.

use sea_orm::entity::prelude::*;

use crate::values::{
    LotClosureId, LotId, Money, PortfolioId, Quantity, SecurityId, TransactionId, UserId,
};

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
    /// The lot's. `None` for a closure of a ledger.
    pub security_id: Option<SecurityId>,
    pub quantity: Quantity,
    /// In the lot's cost currency, as `cost_basis` and `realized_gain` are.
    pub proceeds: Money,
    pub cost_basis: Money,
    /// What of the cost went on into other lots, or away with the units, and is not in the gain.
    pub carried_basis: Money,
    pub realized_gain: Money,
    /// In the portfolio's base currency, if the rates are known, as the two that follow. `None` for a
    /// closure of a ledger.
    pub proceeds_base: Option<Money>,
    pub cost_basis_base: Option<Money>,
    pub realized_gain_base: Option<Money>,
    /// The part of the gain, in base currency, that came from the exchange rate.
    pub fx_gain: Option<Money>,
    pub closed_on: Date,
    pub holding_days: i64,
    pub books_revision: i64,
    /// The revision of the books in which it counts no more.
    pub superseded_revision: Option<i64>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
