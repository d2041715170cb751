//! Table `transactions`: the books themselves, append-only in meaning.

use sea_orm::entity::prelude::*;

use crate::values::{
    Money, PortfolioId, Price, Quantity, Rate, SecurityId, TransactionId, TransactionKind,
    TransactionSource, UserId,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transactions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransactionId,
    pub portfolio_id: PortfolioId,
    pub security_id: Option<SecurityId>,
    pub kind: TransactionKind,
    pub trade_date: Date,
    pub settle_date: Option<Date>,
    /// Units into (+) or out of (-) the portfolio; zero for cash alone.
    pub quantity: Quantity,
    pub price: Option<Price>,
    /// Effect on the portfolio's cash in `currency`, signed, fee and tax included.
    pub amount: Money,
    pub currency: String,
    pub fee: Money,
    pub tax: Money,
    /// Units of the portfolio's base currency for one of `currency` on the trade date.
    pub fx_rate: Option<Rate>,
    pub pay_date: Option<Date>,
    pub ex_date: Option<Date>,
    pub narration: Option<String>,
    pub source: TransactionSource,
    /// Unique per portfolio and source.
    pub external_id: Option<String>,
    pub ledger_commit_hash: Option<String>,
    /// The revision of the books that brought this row.
    pub books_revision: i64,
    /// The order of booking within one date.
    pub sequence: i64,
    /// What its kind needs besides the figures, such as the ratio of a split.
    #[sea_orm(column_type = "JsonBinary")]
    pub terms: Option<Json>,
    pub recorded_at: DateTimeUtc,
    pub voided_at: Option<DateTimeUtc>,
    /// The revision of the books in which it counts no more.
    pub voided_revision: Option<i64>,
    pub voids_id: Option<TransactionId>,
    /// Of a transfer between two portfolios of one owner: the other one.
    pub counter_portfolio_id: Option<PortfolioId>,
    /// The other side of it.
    pub counter_transaction_id: Option<TransactionId>,
    /// The lots that arrived with it.
    #[sea_orm(column_type = "JsonBinary")]
    pub received_lots: Option<Json>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
