//! Table `portfolios`: a named set of books in one base currency.

use sea_orm::entity::prelude::*;

use crate::values::{LotMethod, PortfolioId, SecurityId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "portfolios")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PortfolioId,
    /// Unique per owner.
    pub name: String,
    /// ISO 4217.
    pub base_currency: String,
    pub benchmark_security_id: Option<SecurityId>,
    pub lot_method: LotMethod,
    pub is_active: bool,
    /// Grows with every change of the portfolio's transactions.
    pub books_revision: i64,
    /// Whether its transactions are recorded here, and not imported from a ledger.
    pub is_recorded: bool,
    /// Whether a sale may take more units than are held.
    pub allows_shorts: bool,
    /// By which rules its lots were booked before, and up to which revision; null if ever by these.
    #[sea_orm(column_type = "JsonBinary")]
    pub former_rules: Option<Json>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
