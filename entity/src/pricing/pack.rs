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
    /// The pack that is current in this one's place; null for the current pack of a date and policy.
    /// Of a restatement that is not fresh it is the pack that it restates.
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
    /// The pack of which this one is a restatement.
    pub restates: Option<String>,
    pub restatement_reason: Option<String>,
    /// The hash of the content that the newest reconciliation saw; null if there was none.
    pub reconciled_hash: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
