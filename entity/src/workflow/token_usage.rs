//! Table `token_usage`: what each call of a model used, and what it cost.

use sea_orm::entity::prelude::*;

use crate::values::{JobId, Money, ThreadId, TokenOperation, TokenScope, TokenUsageId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_usage")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TokenUsageId,
    pub scope: TokenScope,
    pub provider: String,
    pub model: Option<String>,
    pub operation: TokenOperation,
    /// The provider's own id of the call; unique per user and provider.
    pub request_id: Option<String>,
    pub thread_id: Option<ThreadId>,
    pub job_id: Option<JobId>,
    /// Cached ones included.
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    /// Those of reasoning included.
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// Input and output.
    pub total_tokens: i64,
    /// As it was reported.
    pub cost_amount: Option<Money>,
    pub cost_currency: Option<String>,
    /// By the price list.
    pub computed_cost_amount: Option<Money>,
    pub computed_cost_currency: Option<String>,
    /// Since when the price counts that it was computed with.
    pub price_valid_from: Option<Date>,
    #[sea_orm(column_type = "JsonBinary")]
    pub meta_json: Json,
    pub used_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
