//! Table `executions`: a pattern's run: what went in, what came out, and the hashes to prove it.

use sea_orm::entity::prelude::*;

use crate::values::{ExecutionId, PortfolioId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "executions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExecutionId,
    pub portfolio_id: Option<PortfolioId>,
    pub pattern_id: String,
    pub actor: String,
    /// The whole normalized request, so that a replay needs nothing else.
    #[sea_orm(column_type = "JsonBinary")]
    pub inputs: Json,
    pub inputs_hash: String,
    pub asof_date: Date,
    pub pack_id: String,
    pub pack_hash: String,
    pub ledger_commit_hash: Option<String>,
    pub books_revision: i64,
    pub engine_version: String,
    pub result_hash: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub result: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub warnings: Json,
    pub duration_ms: i64,
    pub replay_of: Option<ExecutionId>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
