//! Table `portfolio_cash_flows`: cash in and out of a portfolio, told from trading.

use sea_orm::entity::prelude::*;

use crate::values::{CashFlowId, CashFlowKind, Money, PortfolioId, TransactionId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "portfolio_cash_flows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CashFlowId,
    pub portfolio_id: PortfolioId,
    pub flow_date: Date,
    pub kind: CashFlowKind,
    /// Signed: into the portfolio is positive.
    pub amount: Money,
    pub currency: String,
    pub transaction_id: TransactionId,
    /// Capital that the owner put in or took out, as against income and costs.
    pub is_external: bool,
    /// The portfolio of the same owner that it came from or went to.
    pub counter_portfolio_id: Option<PortfolioId>,
    pub books_revision: i64,
    /// The revision of the books in which it counts no more.
    pub superseded_revision: Option<i64>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
