//! `/v1/portfolios/{id}/reconciliations`

mod out;
mod source;

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use db::{Tx, page::Page};
use entity::{
    performance::reconciliation as reconciliation_row,
    values::{PortfolioId, ReconciliationId},
};
use identity::Ctx;
use performance::reconciliation::{self, Keep, reconcile};
use pricing::{DEFAULT_POLICY, packs};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use out::{
    BooksTransactionOut, DifferenceOut, FirstDifferenceOut, LedgerTransactionOut,
    ReconciliationOut, ReconciliationSummaryOut,
};
use source::Source;

use super::readable;
use crate::{
    access,
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Call, Date, Limit, TextBody, UrlPath, Words},
    guard, idempotency,
    problem::Problem,
    reach::within_reach,
    schema::CalendarDate,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/portfolios/{id}/reconciliations")
                .post(reconcile_portfolio)
                .get(list_reconciliations)
                .head(list_reconciliations),
        )
        .service(readable(
            "/v1/portfolios/{id}/reconciliations/{reconciliation_id}",
            get_reconciliation,
        ));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReconcilePortfolio {
    /// The ledger's accounts that are the portfolio, with those below them; commas between them.
    #[param(value_type = String, pattern = r"^[^,\u0000]+(,[^,\u0000]+)*$", example = "Assets:US:ETrade")]
    accounts: Words,
    /// The pack whose day and prices count. Default: the newest of the default policy, whatever its
    /// status.
    pack_id: Option<String>,
    /// Where no pack is named: the last day that it may be of.
    #[param(value_type = Option<CalendarDate>)]
    asof: Option<Date>,
    /// What the body is written in.
    #[serde(default)]
    #[param(inline, required = false)]
    format: LedgerFormat,
    /// What to call the body where its faults and transactions are named.
    #[param(default = "ledger.beancount")]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LedgerFormat {
    #[default]
    Beancount,
}

/// Holds a portfolio's books against the ledger, each side priced from its own records.
///
/// The books are priced by the pack, the ledger by its own `price` directives. Quantities must be equal,
/// the cost of a unit and cash within 0.01, values within 1 bp. While the pack is warming, whoever may
/// change packs writes the outcome into it: a failure freezes it as bad. The ledger is the body; an empty
/// body stands for the ledger that the service is set up with, which is for administrators.
#[utoipa::path(
    post, path = "/v1/portfolios/{id}/reconciliations", tag = "Portfolios",
    params(
        ("id" = uuid::Uuid, Path), ReconcilePortfolio,
        ("Idempotency-Key" = Option<String>, Header),
    ),
    request_body(content = String, content_type = "text/plain",
        description = "A ledger in Beancount's language, or nothing"),
    responses(
        (status = 201, description = "Reconciled; whether it passed is in the answer",
            body = ReconciliationOut, headers(("Location" = String))),
        (status = 403, description = "`permission_denied`: the service's own ledger is for \
            administrators"),
        (status = 404, description = "`portfolio_not_found`, `pricing_pack_not_found`"),
        (status = 422, description = "`ledger_invalid`, with file, line and message of each fault; \
            `number_too_large`, `validation_failed`: there is no body, and the service has no ledger"),
    ),
)]
pub async fn reconcile_portfolio(
    call: Call<ReconcilePortfolio>,
    UrlPath(id): UrlPath<PortfolioId>,
    body: TextBody,
) -> Result<HttpResponse, Problem> {
    let text = Arc::new(body.text);
    let work = async |call: &Call<ReconcilePortfolio>| hold_against(call, id, &text).await;
    within_reach(call, id, work).await
}

async fn hold_against(
    call: &Call<ReconcilePortfolio>,
    id: PortfolioId,
    text: &Arc<String>,
) -> Result<HttpResponse, Problem> {
    books::portfolios::find(&call.ctx, call.ctx.database.reader(), id).await?;
    let keep = if guard::may(call.principal.as_ref(), access::PRICES) {
        Keep::InPackToo
    } else {
        Keep::WithPortfolio
    };
    let read = source::read(call, Arc::clone(text))?;
    let content = text.as_bytes();
    let work = async |source: &Source, ctx: &Ctx, tx: &Tx| {
        let pack = pack_id(call, ctx, tx).await?;
        let row = reconcile(ctx, tx, id, &pack, source.side(), keep).await?;
        let location = format!("/v1/portfolios/{id}/reconciliations/{}", row.id);
        let (passed, is_in_pack) = (row.passed, row.is_in_pack);
        let answer = Answer::created(location, &shown(row)?)?;
        Ok(answer
            .noting("portfolio_id", id.to_string())
            .noting("pack_id", pack)
            .noting("passed", passed)
            .noting("is_in_pack", is_in_pack))
    };
    idempotency::prepare_and_create(call, content, read, work).await
}

async fn pack_id(call: &Call<ReconcilePortfolio>, ctx: &Ctx, tx: &Tx) -> Result<String, Problem> {
    if let Some(id) = &call.query.pack_id {
        return Ok(id.clone());
    }
    let asof = call.query.asof.map(|date| date.0);
    Ok(packs::require_latest(ctx, tx, DEFAULT_POLICY, asof)
        .await?
        .id)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListReconciliations {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// A portfolio's reconciliations, the newest first, without what differed.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/reconciliations", tag = "Portfolios",
    params(("id" = uuid::Uuid, Path), ListReconciliations),
    responses(
        (status = 200, description = "A page", body = ListOut<ReconciliationSummaryOut>),
        (status = 404, description = "`portfolio_not_found`"),
    ),
)]
pub async fn list_reconciliations(
    call: Call<ListReconciliations>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = within_reach(call, id, async |call: &Call<ListReconciliations>| {
        let ctx = &call.ctx;
        let read = async |tx: Tx| reconciliation::list(ctx, &tx, id, &page).await;
        Ok(ctx.database.read(read).await?)
    })
    .await?;
    let list = ListOut::new(found, |last| last.id, ReconciliationSummaryOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// One reconciliation, with what differed.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/reconciliations/{reconciliation_id}", tag = "Portfolios",
    params(("id" = uuid::Uuid, Path), ("reconciliation_id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The reconciliation", body = ReconciliationOut),
        (status = 404, description = "`portfolio_not_found`, `reconciliation_not_found`"),
    ),
)]
pub async fn get_reconciliation(
    call: Call,
    UrlPath((portfolio, id)): UrlPath<(PortfolioId, ReconciliationId)>,
) -> Result<HttpResponse, Problem> {
    let found = within_reach(call, portfolio, async |call: &Call| {
        let ctx = &call.ctx;
        let read = async |tx: Tx| reconciliation::find(ctx, &tx, portfolio, id).await;
        Ok(ctx.database.read(read).await?)
    })
    .await?;
    Ok(Answer::ok(&shown(found)?)?.into())
}

fn shown(row: reconciliation_row::Model) -> Result<ReconciliationOut, Problem> {
    ReconciliationOut::new(row).map_err(Problem::internal)
}
