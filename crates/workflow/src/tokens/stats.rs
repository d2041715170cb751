//! Usage summed up: by buckets of time, and by what it was for.

mod groups;
mod rows;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use db::ConnectionTrait;
use entity::values::{JobId, Money, ThreadId, TokenScope};
use identity::Ctx;

use super::period::{end_of, midnight};
use crate::Error;

/// How long the time is that is summed up together. Of UTC; a week begins on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Hour,
    Day,
    Week,
    Month,
}

/// What usage is told apart by, besides the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Scope,
    Provider,
    Model,
    Thread,
    Job,
}

/// Which sums are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The first day, in UTC.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    pub bucket: Bucket,
    pub by: BTreeSet<By>,
}

/// Of which usage a sum is; what it is not told apart by is `None`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// When the bucket begins, which may be before the first day that is asked for.
    pub start: DateTime<Utc>,
    pub scope: Option<TokenScope>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub thread_id: Option<ThreadId>,
    pub job_id: Option<JobId>,
}

/// Calls of models, summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub requests: i64,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub total_tokens: i64,
    /// By currency, in the order of their codes.
    pub costs: Vec<CostSum>,
}

/// Costs in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostSum {
    pub currency: String,
    /// As they were reported; `None` where none was.
    pub given: Option<Money>,
    /// By the price list; `None` where none was computed.
    pub computed: Option<Money>,
}

/// Sums by their keys, in the order of these, and over all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub groups: Vec<(Key, Sums)>,
    pub total: Sums,
}

/// So many groups one answer may have.
pub const MOST_GROUPS: usize = 10_000;
const LONGEST_BY_HOUR: u64 = 31;
const LONGEST: u64 = 3_660;

/// Sums up the usage of some days, from the rows as they are: in one snapshot, if `db` is a transaction
/// that reads.
///
/// The database adds tokens, which are whole numbers, and puts the costs of a group side by side; the program
/// adds those, exactly.
///
/// # Errors
///
/// [`Error::InvalidRange`] for days that are in the wrong order or too many (31 by the hour, else 3,660),
/// [`Error::TooManyGroups`] for more than [`MOST_GROUPS`], [`Error::Overflow`] if 28 digits cannot hold a
/// sum.
pub async fn stats(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    question: &Question,
) -> Result<Stats, Error> {
    let (since, until) = range(question)?;
    let rows = rows::read(ctx, db, question, since, until).await?;
    groups::sum_up(question, rows)
}

fn range(question: &Question) -> Result<(DateTime<Utc>, DateTime<Utc>), Error> {
    let longest = match question.bucket {
        Bucket::Hour => LONGEST_BY_HOUR,
        Bucket::Day | Bucket::Week | Bucket::Month => LONGEST,
    };
    let days = (question.last - question.first).num_days();
    if !u64::try_from(days).is_ok_and(|days| days < longest) {
        return Err(Error::InvalidRange { longest });
    }
    Ok((midnight(question.first), end_of(question.last)))
}
