//! `/v1/tokens/daily` and `/v1/tokens/stats`

mod out;

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web::ServiceConfig};
use chrono::{Days, NaiveDate};
use db::Tx;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use workflow::tokens::stats::{self, By, Question, Stats};

pub use out::{CostSumOut, DailyOut, GroupOut, StatsOut, SumsOut};

use super::readable;
use crate::{
    answer::Answer,
    extract::{Call, Date, DaysBack, Words},
    problem::Problem,
    schema::CalendarDate,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/tokens/daily", get_daily_token_usage))
        .service(readable("/v1/tokens/stats", get_token_stats));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Daily {
    /// A day of UTC. Default: today.
    #[param(value_type = Option<CalendarDate>)]
    date: Option<Date>,
}

/// What was used on a day, by scope, provider and model.
#[utoipa::path(
    get, path = "/v1/tokens/daily", tag = "Tokens", params(Daily),
    responses(
        (status = 200, description = "The sums", body = DailyOut),
        (status = 422, description = "`token_stats_too_large`, `number_too_large`"),
    ),
)]
pub async fn get_daily_token_usage(call: Call<Daily>) -> Result<HttpResponse, Problem> {
    let date = call
        .query
        .date
        .map_or_else(|| call.ctx.today(), |date| date.0);
    let question = Question {
        first: date,
        last: date,
        bucket: stats::Bucket::Day,
        by: BTreeSet::from([By::Scope, By::Provider, By::Model]),
    };
    let found = ask(&call, &question).await?;
    Ok(Answer::ok(&DailyOut::new(date, found))?.into())
}

/// How long the time is that is summed up together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    Hour,
    #[default]
    Day,
    /// From Monday on.
    Week,
    Month,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TokenStats {
    /// The first day, in UTC; in place of `days_back`.
    #[param(value_type = Option<CalendarDate>)]
    since: Option<Date>,
    /// The last day. Default: today.
    #[param(value_type = Option<CalendarDate>)]
    until: Option<Date>,
    /// So many days, the last one among them.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 3660, default = 7)]
    days_back: Option<DaysBack>,
    #[serde(default)]
    #[param(inline, default = "day")]
    bucket: Bucket,
    /// What usage is told apart by: `scope`, `provider`, `model`, `thread`, `job`, with commas between them.
    /// Default: by the time alone.
    #[param(value_type = Option<String>, pattern = "^(scope|provider|model|thread|job)(,(scope|provider|model|thread|job))*$", example = "provider,model")]
    by: Option<Words>,
}

/// Sums of what was used, from the rows as they are at this moment.
#[utoipa::path(
    get, path = "/v1/tokens/stats", tag = "Tokens", params(TokenStats),
    responses(
        (status = 200, description = "The sums", body = StatsOut),
        (status = 422, description = "`validation_failed`: days in the wrong order, more than 31 of them by the \
            hour, or more than 3,660; `token_stats_too_large`: more than 10,000 sums; `number_too_large`"),
    ),
)]
pub async fn get_token_stats(call: Call<TokenStats>) -> Result<HttpResponse, Problem> {
    let (first, last) = days(&call)?;
    let question = Question {
        first,
        last,
        bucket: match call.query.bucket {
            Bucket::Hour => stats::Bucket::Hour,
            Bucket::Day => stats::Bucket::Day,
            Bucket::Week => stats::Bucket::Week,
            Bucket::Month => stats::Bucket::Month,
        },
        by: by(call.query.by.as_ref())?,
    };
    let found = ask(&call, &question).await?;
    Ok(Answer::ok(&StatsOut::new(first, last, found))?.into())
}

async fn ask<Q>(call: &Call<Q>, question: &Question) -> Result<Stats, Problem> {
    let ctx = &call.ctx;
    let read = async |tx: Tx| stats::stats(ctx, &tx, question).await;
    Ok(ctx.database.read(read).await?)
}

fn days(call: &Call<TokenStats>) -> Result<(NaiveDate, NaiveDate), Problem> {
    let query = &call.query;
    let last = query.until.map_or_else(|| call.ctx.today(), |date| date.0);
    match (query.since, query.days_back) {
        (Some(_), Some(_)) => {
            let detail = "cannot stand beside since; leave one of them out";
            Err(Problem::unfit_parameter("days_back", detail))
        }
        (Some(since), None) => Ok((since.0, last)),
        (None, days_back) => {
            let before = days_back.unwrap_or_default().0.saturating_sub(1);
            let first = last.checked_sub_days(Days::new(before));
            Ok((first.unwrap_or(NaiveDate::MIN), last))
        }
    }
}

fn by(words: Option<&Words>) -> Result<BTreeSet<By>, Problem> {
    let words = words.iter().flat_map(|words| &words.0);
    let read = |word: &String| match word.as_str() {
        "scope" => Ok(By::Scope),
        "provider" => Ok(By::Provider),
        "model" => Ok(By::Model),
        "thread" => Ok(By::Thread),
        "job" => Ok(By::Job),
        _ => {
            let detail =
                "must be of scope, provider, model, thread and job, with commas between them";
            Err(Problem::parameter("by", detail))
        }
    };
    words.map(read).collect()
}
