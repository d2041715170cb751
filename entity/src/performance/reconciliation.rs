//! Table `reconciliations`: what came of holding a portfolio's books against the ledger.

use sea_orm::entity::prelude::*;

use crate::values::{PortfolioId, Ratio, ReconciliationId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReconciliationId,
    pub portfolio_id: PortfolioId,
    pub pack_id: String,
    /// Of the pack's content at that time, also where it was still warming.
    pub pack_hash: String,
    /// The pack's date, to which books and ledger were compared.
    pub asof_date: Date,
    /// HEAD of the git repository that holds the ledger; null where nothing says so.
    pub ledger_commit_hash: Option<String>,
    /// `sha256:` and lower-case hex of the ledger's text.
    pub ledger_hash: String,
    /// The ledger's accounts that are the portfolio, a list of words.
    #[sea_orm(column_type = "JsonBinary")]
    pub accounts: Json,
    pub books_revision: i64,
    pub engine_version: String,
    pub passed: bool,
    /// Basis points: 1 is 0.01 %. Null where a value could not be measured.
    pub error_bps: Option<Ratio>,
    /// All of them; `differences` holds the first.
    pub difference_count: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub differences: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub first_difference: Option<Json>,
    /// What neither side can value, a list of securities and currencies.
    #[sea_orm(column_type = "JsonBinary")]
    pub left_out: Json,
    /// Whether the pack's own row says so too.
    pub is_in_pack: bool,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
