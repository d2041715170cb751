//! Usage as it is answered.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    values::{self, JobId, Money, ThreadId, TokenUsageId},
    workflow::token_usage,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use workflow::tokens::usage::Logged;

use crate::schema::{Decimal, TokenOperation, TokenScope};

/// What one call of a model used.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: TokenUsageId,
    #[schema(value_type = TokenScope)]
    pub scope: values::TokenScope,
    pub provider: String,
    pub model: Option<String>,
    #[schema(value_type = TokenOperation)]
    pub operation: values::TokenOperation,
    pub request_id: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub thread_id: Option<ThreadId>,
    #[schema(value_type = Option<uuid::Uuid>)]
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
    #[schema(value_type = Option<Decimal>)]
    pub cost_amount: Option<Money>,
    pub cost_currency: Option<String>,
    /// By the price list, when it was counted.
    #[schema(value_type = Option<Decimal>)]
    pub computed_cost_amount: Option<Money>,
    pub computed_cost_currency: Option<String>,
    /// Since when the price counts that it was computed with.
    pub price_valid_from: Option<NaiveDate>,
    #[schema(value_type = Object)]
    pub meta: Value,
    pub used_at: DateTime<Utc>,
    /// When it was counted.
    pub created_at: DateTime<Utc>,
}

impl From<token_usage::Model> for UsageOut {
    fn from(usage: token_usage::Model) -> Self {
        Self {
            id: usage.id,
            scope: usage.scope,
            provider: usage.provider,
            model: usage.model,
            operation: usage.operation,
            request_id: usage.request_id,
            thread_id: usage.thread_id,
            job_id: usage.job_id,
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            total_tokens: usage.total_tokens,
            cost_amount: usage.cost_amount,
            cost_currency: usage.cost_currency,
            computed_cost_amount: usage.computed_cost_amount,
            computed_cost_currency: usage.computed_cost_currency,
            price_valid_from: usage.price_valid_from,
            meta: usage.meta_json,
            used_at: usage.used_at,
            created_at: usage.created_at,
        }
    }
}

/// What was sent, in its order, as it stands in the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsagesOut {
    pub items: Vec<UsageOut>,
    /// How many of them were counted now, and not before.
    pub counted: usize,
}

impl From<Vec<Logged>> for UsagesOut {
    fn from(logged: Vec<Logged>) -> Self {
        Self {
            counted: logged.iter().filter(|one| !one.was_there).count(),
            items: logged.into_iter().map(|one| one.usage.into()).collect(),
        }
    }
}
