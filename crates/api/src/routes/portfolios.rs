//! `/v1/portfolios`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use books::portfolios::{self, NewPortfolio};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use db::{Database, Tx, page::Page};
use entity::{
    books::portfolio,
    values::{self, PortfolioId, SecurityId},
};
use identity::{Clock, Ctx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{also_changed, readable};
use crate::{
    answer::{Answer, show},
    caller::{Caller, shared_ctx},
    change::change,
    cursor::{ListOut, page},
    etag::Etag,
    extract::{Body, Call, Limit, UrlPath, given, present},
    idempotency,
    problem::Problem,
    reach::within_reach,
    schema::LotMethod,
    shared_reads::SharedReads,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/portfolios", list_portfolios).post(create_portfolio))
        .service(
            readable("/v1/portfolios/{id}", get_portfolio)
                .route(web::patch().to(update_portfolio))
                .route(web::delete().to(delete_portfolio)),
        );
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PortfolioIn {
    /// Unique, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub base_currency: String,
    /// How sales choose the lots they close.
    #[serde(default = "first_in_first_out")]
    #[schema(value_type = Option<LotMethod>, nullable = false, default = "fifo")]
    pub lot_method: values::LotMethod,
    /// Whether a sale may take more units than are held.
    #[serde(default)]
    pub allows_shorts: bool,
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub benchmark_security_id: Option<SecurityId>,
}

fn first_in_first_out() -> values::LotMethod {
    values::LotMethod::Fifo
}

/// What to change; a field left out keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PortfolioPatch {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Only as long as there are no transactions.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub base_currency: Option<String>,
    #[serde(default, deserialize_with = "given")]
    /// Books the lots of a recorded portfolio anew.
    #[schema(value_type = Option<LotMethod>, nullable = false)]
    pub lot_method: Option<values::LotMethod>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>, nullable = false)]
    pub allows_shorts: Option<bool>,
    /// `null` takes the benchmark away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    #[allow(clippy::option_option)]
    pub benchmark_security_id: Option<Option<SecurityId>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>, nullable = false)]
    pub is_active: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PortfolioOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: PortfolioId,
    pub name: String,
    /// ISO 4217.
    pub base_currency: String,
    #[schema(value_type = LotMethod)]
    pub lot_method: values::LotMethod,
    pub allows_shorts: bool,
    /// Whether its transactions are recorded here, and not imported from a ledger.
    pub is_recorded: bool,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub benchmark_security_id: Option<SecurityId>,
    pub is_active: bool,
    /// Grows with every change of the portfolio's transactions.
    pub books_revision: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<portfolio::Model> for PortfolioOut {
    fn from(portfolio: portfolio::Model) -> Self {
        Self {
            id: portfolio.id,
            name: portfolio.name,
            base_currency: portfolio.base_currency,
            lot_method: portfolio.lot_method,
            allows_shorts: portfolio.allows_shorts,
            is_recorded: portfolio.is_recorded,
            benchmark_security_id: portfolio.benchmark_security_id,
            is_active: portfolio.is_active,
            books_revision: portfolio.books_revision,
            created_at: portfolio.created_at,
            updated_at: portfolio.updated_at,
        }
    }
}

fn etag_of(portfolio: &portfolio::Model) -> Etag {
    Etag::of_row(portfolio.id, portfolio.updated_at)
}

/// Makes a portfolio.
#[utoipa::path(
    post, path = "/v1/portfolios", tag = "Portfolios", request_body = PortfolioIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Made", body = PortfolioOut,
            headers(("Location" = String), ("ETag" = String))),
        (status = 404, description = "`security_not_found`: the benchmark"),
        (status = 409, description = "`name_taken`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn create_portfolio(
    call: Call,
    body: Body<PortfolioIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = NewPortfolio {
        name: value.name,
        base_currency: value.base_currency,
        lot_method: value.lot_method,
        allows_shorts: value.allows_shorts,
        benchmark_security_id: value.benchmark_security_id,
    };
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let made = portfolios::create(ctx, tx, new.clone()).await?;
        let (location, etag) = (format!("/v1/portfolios/{}", made.id), etag_of(&made));
        Ok(Answer::created(location, &PortfolioOut::from(made))?.with_etag(etag))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPortfolios {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The portfolios, in the order of their making.
#[utoipa::path(
    get, path = "/v1/portfolios", tag = "Portfolios", params(ListPortfolios),
    responses((status = 200, description = "A page", body = ListOut<PortfolioOut>)),
)]
pub async fn list_portfolios(call: Call<ListPortfolios>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let body = call
        .state
        .portfolio_pages
        .ask((call.caller, after, limit))
        .await??;
    Ok(Answer::of_bytes(body).into())
}

/// Pages of a user's portfolios by what they begin after and their length, as they are sent: where a
/// user's programs ask at the same moment, the three round trips of a reading are made once.
pub type PortfolioPages = SharedReads<(Caller, Option<PortfolioId>, u64), Result<Bytes, Problem>>;

pub fn share_pages(database: Database, clock: Clock) -> PortfolioPages {
    SharedReads::start(
        move |(caller, after, limit): (Caller, Option<PortfolioId>, u64)| {
            let ctx = shared_ctx(caller, &database, clock);
            async move {
                let page = Page { after, limit };
                let found = portfolios::list(&ctx, ctx.database.reader(), &page).await?;
                let list = ListOut::new(found, |last| last.id, PortfolioOut::from);
                Ok(serde_json::to_vec(&list).map_err(Problem::internal)?.into())
            }
        },
    )
}

/// One portfolio.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}", tag = "Portfolios",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The portfolio", body = PortfolioOut,
            headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`portfolio_not_found`"),
    ),
)]
pub async fn get_portfolio(
    call: Call,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    within_reach(call, id, async |call: &Call| {
        let found = portfolios::find(&call.ctx, call.ctx.database.reader(), id).await?;
        show(call, etag_of(&found), || PortfolioOut::from(found))
    })
    .await
}

/// Changes a portfolio; with `If-Match`, only if it still is as the caller saw it.
#[utoipa::path(
    patch, path = "/v1/portfolios/{id}", tag = "Portfolios", request_body = PortfolioPatch,
    params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "Changed", body = PortfolioOut, headers(("ETag" = String))),
        (status = 404, description = "`portfolio_not_found`, `security_not_found`"),
        (status = 409, description = "`name_taken`, `portfolio_has_transactions`"),
        (status = 412, description = "`precondition_failed`"),
        (status = 422, description = "`validation_failed`; `not_bookable`, `number_too_large`: by the \
            other lot method, or without shorts"),
    ),
)]
pub async fn update_portfolio(
    call: Call,
    UrlPath(id): UrlPath<PortfolioId>,
    body: Body<PortfolioPatch>,
) -> Result<HttpResponse, Problem> {
    let patch = portfolios::PortfolioPatch {
        name: body.value.name,
        base_currency: body.value.base_currency,
        lot_method: body.value.lot_method,
        allows_shorts: body.value.allows_shorts,
        benchmark_security_id: body.value.benchmark_security_id,
        is_active: body.value.is_active,
    };
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let expected = require_as_seen(&call, ctx, tx, id).await?;
        let updated = portfolios::update(ctx, tx, id, patch.clone(), expected).await?;
        let others = also_changed(&updated.others);
        let etag = etag_of(&updated.portfolio);
        Ok(Answer::ok(&PortfolioOut::from(updated.portfolio))?
            .with_etag(etag)
            .noting_some("other_portfolio_ids", others))
    })
    .await
}

/// Since when the portfolio must not have changed, where the caller says so.
async fn require_as_seen(
    call: &Call,
    ctx: &Ctx,
    tx: &Tx,
    id: PortfolioId,
) -> Result<Option<DateTime<Utc>>, Problem> {
    let current = portfolios::find(ctx, tx, id).await?;
    call.preconditions.require(&etag_of(&current))?;
    let is_asked = call.preconditions.are_given();
    Ok(is_asked.then_some(current.updated_at))
}

/// Removes a portfolio and everything in it; with `If-Match`, only if it still is as the caller saw
/// it.
#[utoipa::path(
    delete, path = "/v1/portfolios/{id}", tag = "Portfolios",
    params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`portfolio_not_found`"),
        (status = 412, description = "`precondition_failed`"),
    ),
)]
pub async fn delete_portfolio(
    call: Call,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let expected = require_as_seen(&call, ctx, tx, id).await?;
        portfolios::delete(ctx, tx, id, expected).await?;
        Ok(Answer::no_content())
    })
    .await
}
