//! `/v1/tokens`

mod body;
mod one_or_many;
mod out;

use std::cell::RefCell;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use db::{Tx, page::Page};
use entity::{
    values::{self, JobId, ThreadId, TokenUsageId},
    workflow::token_usage,
};
use identity::Ctx;
use serde::Deserialize;
use utoipa::IntoParams;
use workflow::{
    Error,
    tokens::usage::{self, Filter, Logged, NewUsage},
};

pub(super) use body::cost_of;
pub use body::{UsageIn, UsagesIn};
pub use out::{UsageOut, UsagesOut};

use super::readable;
use crate::{
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Body, Call, Date, Limit},
    idempotency,
    problem::Problem,
    schema::{CalendarDate, TokenScope},
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/tokens", list_token_usage).route(web::post().to(log_token_usage)));
}

/// Counts what calls of models used: one, or a list of at most 500, all or none.
///
/// The same request id of a provider counts once: its repetition gets what came first.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "Tokens", request_body = UsagesIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "All of them were counted before", body = UsagesOut),
        (status = 201, description = "Counted", body = UsagesOut, headers(("Location" = String))),
        (status = 404, description = "`thread_not_found`"),
        (status = 409, description = "`request_id_taken`: with another content"),
        (status = 422, description = "`validation_failed`, `number_too_large`"),
    ),
)]
pub async fn log_token_usage(call: Call, body: Body<UsagesIn>) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let is_list = value.is_list();
    let new: Vec<NewUsage> = value.into_list()?;
    let counted = Counted::default();
    let answer = idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let logged = usage::log(ctx, tx, &call.state.config.token_prices, &new).await;
        let logged = logged.map_err(|error| if is_list { error } else { unplaced(error) })?;
        counted.set(&logged);
        let is_new = logged.iter().any(|one| !one.was_there);
        let out = UsagesOut::from(logged);
        if is_new {
            Answer::created("/v1/tokens".to_owned(), &out)
        } else {
            Answer::ok(&out)
        }
    })
    .await?;
    counted.observe(&call);
    Ok(answer)
}

/// Of one usage that is sent by itself no place in a list is told.
fn unplaced(error: Error) -> Error {
    match error {
        Error::InvalidUsage { field, detail, .. } => Error::Invalid { field, detail },
        other => other,
    }
}

/// What a unit of work has counted; it may run more than once, and only what it did last has happened.
#[derive(Default)]
pub(super) struct Counted(RefCell<Vec<token_usage::Model>>);

impl Counted {
    pub(super) fn set(&self, logged: &[Logged]) {
        let new = logged.iter().filter(|one| !one.was_there);
        *self.0.borrow_mut() = new.map(|one| one.usage.clone()).collect();
    }

    /// After the commit.
    pub(super) fn observe(self, call: &Call) {
        call.state.metrics.tokens.observe(&self.0.into_inner());
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTokenUsage {
    #[param(value_type = Option<TokenScope>)]
    scope: Option<values::TokenScope>,
    provider: Option<String>,
    model: Option<String>,
    /// The id of a thread.
    #[param(value_type = Option<uuid::Uuid>)]
    thread: Option<ThreadId>,
    /// The id of a job.
    #[param(value_type = Option<uuid::Uuid>)]
    job: Option<JobId>,
    /// The first day, in UTC.
    #[param(value_type = Option<CalendarDate>)]
    since: Option<Date>,
    /// The last day.
    #[param(value_type = Option<CalendarDate>)]
    until: Option<Date>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// What was counted, the last first.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "Tokens", params(ListTokenUsage),
    responses((status = 200, description = "A page", body = ListOut<UsageOut>)),
)]
pub async fn list_token_usage(call: Call<ListTokenUsage>) -> Result<HttpResponse, Problem> {
    let query = &call.query;
    let (after, limit) = page::<TokenUsageId>(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        scope: query.scope,
        provider: query.provider.clone(),
        model: query.model.clone(),
        thread_id: query.thread,
        job_id: query.job,
        first: query.since.map(|date| date.0),
        last: query.until.map(|date| date.0),
    };
    let page = Page { after, limit };
    let found = usage::list(&call.ctx, call.ctx.database.reader(), &filter, &page).await?;
    let list = ListOut::new(found, |last| last.id, UsageOut::from);
    Ok(Answer::ok(&list)?.into())
}
