use chrono::{DateTime, NaiveDate, Utc};
use entity::values::{self, JobId, Money, ThreadId};
use serde::Serialize;
use utoipa::ToSchema;
use workflow::tokens::stats::{CostSum, Key, Stats, Sums};

use crate::schema::{Decimal, TokenScope};

/// Calls of models, summed up.
#[derive(Debug, Serialize, ToSchema)]
pub struct SumsOut {
    pub requests: i64,
    /// Cached ones included.
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    /// Those of reasoning included.
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// Input and output.
    pub total_tokens: i64,
    /// By currency.
    pub costs: Vec<CostSumOut>,
}

/// Costs in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostSumOut {
    pub currency: String,
    /// Of what was reported.
    #[schema(value_type = Option<Decimal>)]
    pub given: Option<Money>,
    /// Of what was computed by the price list.
    #[schema(value_type = Option<Decimal>)]
    pub computed: Option<Money>,
}

/// Sums of one bucket and one of each of what usage is told apart by; what it is not told apart by is null,
/// and so is what a usage does not name.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupOut {
    /// When the bucket begins.
    pub start: DateTime<Utc>,
    #[schema(value_type = Option<TokenScope>)]
    pub scope: Option<values::TokenScope>,
    pub provider: Option<String>,
    pub model: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub thread_id: Option<ThreadId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub job_id: Option<JobId>,
    pub sums: SumsOut,
}

/// What was used on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DailyOut {
    /// Of UTC.
    pub date: NaiveDate,
    pub total: SumsOut,
    pub items: Vec<GroupOut>,
}

/// What was used in a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatsOut {
    /// The first day, in UTC.
    pub since: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    pub total: SumsOut,
    /// By their time, then by what usage is told apart by.
    pub items: Vec<GroupOut>,
}

impl DailyOut {
    pub fn new(date: NaiveDate, stats: Stats) -> Self {
        Self {
            date,
            total: stats.total.into(),
            items: stats.groups.into_iter().map(GroupOut::from).collect(),
        }
    }
}

impl StatsOut {
    pub fn new(since: NaiveDate, until: NaiveDate, stats: Stats) -> Self {
        Self {
            since,
            until,
            total: stats.total.into(),
            items: stats.groups.into_iter().map(GroupOut::from).collect(),
        }
    }
}

impl From<(Key, Sums)> for GroupOut {
    fn from((key, sums): (Key, Sums)) -> Self {
        Self {
            start: key.start,
            scope: key.scope,
            provider: key.provider,
            model: key.model,
            thread_id: key.thread_id,
            job_id: key.job_id,
            sums: sums.into(),
        }
    }
}

impl From<Sums> for SumsOut {
    fn from(sums: Sums) -> Self {
        Self {
            requests: sums.requests,
            input_tokens: sums.input_tokens,
            cached_input_tokens: sums.cached_input_tokens,
            output_tokens: sums.output_tokens,
            reasoning_tokens: sums.reasoning_tokens,
            total_tokens: sums.total_tokens,
            costs: sums.costs.into_iter().map(CostSumOut::from).collect(),
        }
    }
}

impl From<CostSum> for CostSumOut {
    fn from(sum: CostSum) -> Self {
        Self {
            currency: sum.currency,
            given: sum.given,
            computed: sum.computed,
        }
    }
}
