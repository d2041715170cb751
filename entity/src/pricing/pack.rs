//! Table `pricing_packs`: a dated, immutable, hash-verified set of prices and FX rates.

use sea_orm::entity::prelude::*;

use crate::values::{PackStatus, Ratio};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pricing_packs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub asof_date: Date,
    pub policy: String,
    /// 0 for the first pack of a date and policy; a restatement counts on.
    pub revision: i64,
    /// `sha256:` and lower-case hex; null while warming.
    pub hash: Option<String>,
    pub superseded_by: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub sources_json: Json,
    pub status: PackStatus,
    pub is_fresh: bool,
    pub prewarm_done: bool,
    pub reconciliation_passed: bool,
    pub reconciliation_failed: bool,
    /// Basis points: 1 is 0.01 %.
    pub reconciliation_error_bps: Option<Ratio>,
    pub error_message: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
