//! Usage: what each call of a model used, counted once.

mod known;
mod list;
mod named;

use chrono::{DateTime, SubsecRound, Utc};
use db::{ConnectionTrait, Tx};
use entity::{
    values::{JobId, ThreadId, TokenOperation, TokenScope, TokenUsageId},
    workflow::token_usage::{ActiveModel, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, sea_query::OnConflict};
use serde_json::Value;

pub use list::{Filter, list};

use super::{Cost, Tokens, checks::check_usage, cost::cost, prices::PriceList};
use crate::Error;

/// What one call of a model used.
#[derive(Clone, Debug, PartialEq)]
pub struct NewUsage {
    pub scope: TokenScope,
    /// 1 to 100 characters on one line.
    pub provider: String,
    /// 1 to 200 characters on one line.
    pub model: Option<String>,
    pub operation: TokenOperation,
    /// The provider's own id of the call, 1 to 255 characters: the same one counts once.
    pub request_id: Option<String>,
    pub thread_id: Option<ThreadId>,
    pub job_id: Option<JobId>,
    pub tokens: Tokens,
    /// As it was reported.
    pub cost: Option<Cost>,
    /// An object of at most 16 KiB.
    pub meta: Value,
    /// Now, if it is left out.
    pub used_at: Option<DateTime<Utc>>,
}

/// Usage as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    pub usage: Model,
    /// Whether the call had been counted before; then it is as it came first.
    pub was_there: bool,
}

/// Counts calls of models, all or none; one whose request id is there already stays as it is.
///
/// What a call costs is computed from the newest price that counts at its instant, beside the cost that
/// was reported.
///
/// # Errors
///
/// [`Error::InvalidUsage`] for a value that breaks a rule, with its place in `new`; [`Error::UsageDiffers`]
/// if a request id was counted before with another content; [`Error::ThreadNotFound`] and
/// [`Error::JobNotFound`] if the scope has no such thread or job.
pub async fn log(
    ctx: &Ctx,
    tx: &Tx,
    prices: &PriceList,
    new: &[NewUsage],
) -> Result<Vec<Logged>, Error> {
    let now = ctx.now();
    for (at, one) in new.iter().enumerate() {
        check_usage(one, now).map_err(|error| placed(at, error))?;
    }
    named::require_threads(ctx, tx, new).await?;
    named::require_jobs(ctx, tx, new).await?;
    let rows: Vec<Model> = new
        .iter()
        .map(|one| new_row(ctx, prices, one, now))
        .collect::<Result<_, _>>()?;
    insert(tx, &rows).await?;
    known::with_those_known(ctx, tx, new, rows).await
}

/// As [`log`], for one call.
///
/// # Errors
///
/// As [`log`], but [`Error::Invalid`] for a value that breaks a rule.
pub async fn log_one(
    ctx: &Ctx,
    tx: &Tx,
    prices: &PriceList,
    new: &NewUsage,
) -> Result<Logged, Error> {
    check_usage(new, ctx.now())?;
    let mut logged = log(ctx, tx, prices, std::slice::from_ref(new)).await?;
    logged.pop().ok_or(Error::UsageLost)
}

/// # Errors
///
/// [`Error::UsageNotFound`] if the scope has no such usage.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: TokenUsageId) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.ok_or(Error::UsageNotFound { id })
}

pub(super) use known::is_the_same;

fn placed(at: usize, error: Error) -> Error {
    match error {
        Error::Invalid { field, detail } => Error::InvalidUsage { at, field, detail },
        other => other,
    }
}

fn new_row(
    ctx: &Ctx,
    prices: &PriceList,
    new: &NewUsage,
    now: DateTime<Utc>,
) -> Result<Model, Error> {
    let used_at = new.used_at.map_or(now, |at| at.trunc_subsecs(6));
    let price = new
        .model
        .as_ref()
        .and_then(|model| prices.at(&new.provider, model, used_at));
    let computed = price.map(|price| cost(price, new.tokens)).transpose()?;
    Ok(Model {
        user_id: ctx.scope,
        id: TokenUsageId::new(),
        scope: new.scope,
        provider: new.provider.clone(),
        model: new.model.clone(),
        operation: new.operation,
        request_id: new.request_id.clone(),
        thread_id: new.thread_id,
        job_id: new.job_id,
        input_tokens: new.tokens.input,
        cached_input_tokens: new.tokens.cached_input,
        output_tokens: new.tokens.output,
        reasoning_tokens: new.tokens.reasoning,
        total_tokens: new.tokens.total(),
        cost_amount: new.cost.as_ref().map(|cost| cost.amount),
        cost_currency: new.cost.as_ref().map(|cost| cost.currency.clone()),
        computed_cost_amount: computed,
        computed_cost_currency: price.map(|price| price.currency.clone()),
        price_valid_from: price.map(|price| price.valid_from),
        meta_json: new.meta.clone(),
        used_at,
        created_at: now,
    })
}

/// In the order of the request ids, so that two who count the same calls do not wait for each other.
async fn insert(tx: &Tx, rows: &[Model]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<&Model> = rows.iter().collect();
    rows.sort_by_key(|row| (&row.provider, &row.request_id));
    let rows = rows
        .into_iter()
        .map(|row| -> ActiveModel { row.clone().into_active_model().reset_all() });
    Entity::insert_many(rows)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
