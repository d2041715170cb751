//! Table `lots`: units of one security acquired together at one cost.

use sea_orm::entity::prelude::*;

use crate::values::{
    LotId, Money, PortfolioId, Price, Quantity, Rate, SecurityId, TransactionId, UserId,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lots")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotId,
    pub portfolio_id: PortfolioId,
    pub security_id: SecurityId,
    pub opened_by_transaction_id: TransactionId,
    pub acquired_on: Date,
    /// When it came into the portfolio: later than `acquired_on` where a corporate action carried it
    /// over. `None` for a lot of a ledger.
    pub opened_on: Option<Date>,
    /// The order of its opening: that of the transaction, and among the transaction's lots.
    pub sequence: i64,
    pub ordinal: i64,
    /// Negative for a short.
    pub quantity_original: Quantity,
    pub quantity_open: Quantity,
    /// In `cost_currency`, for one unit.
    pub unit_cost: Price,
    /// Of the original quantity, in `cost_currency`.
    pub cost_basis: Money,
    /// The same in the portfolio's base currency, if the rate is known. `None` for a lot of a ledger.
    pub cost_basis_base: Option<Money>,
    pub cost_currency: String,
    /// Units of the portfolio's base currency for one of `cost_currency` on `acquired_on`.
    pub fx_rate: Option<Rate>,
    pub label: Option<String>,
    pub closed_on: Option<Date>,
    pub books_revision: i64,
    /// The revision of the books in which it counts no more.
    pub superseded_revision: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
