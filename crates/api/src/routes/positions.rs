//! `/v1/portfolios/{id}/positions`

mod cache;
mod ground;
mod out;

use actix_web::HttpResponse;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use db::Tx;
use entity::values::PortfolioId;
use identity::Ctx;
use serde::Deserialize;
use utoipa::IntoParams;

pub use cache::PositionsCache;
use ground::{Ground, Question};
pub use ground::{Grounds, share_grounds};
pub use out::{
    CashOut, PositionOut, PositionsOut, ProvenanceOut, SecurityRefOut, TotalsOut, WarningOut,
};

use crate::{
    answer::{Answer, not_modified},
    etag::Etag,
    extract::{Call, Date, UrlPath},
    problem::Problem,
    reach::within_reach,
    schema::CalendarDate,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPositions {
    /// Default: the newest fresh pack of the default policy, dated `asof` or before.
    pack_id: Option<String>,
    /// The date of the books. Default: the pack's date.
    #[param(value_type = Option<CalendarDate>)]
    asof: Option<Date>,
    /// The books as they were known at this instant. Default: now.
    known_at: Option<DateTime<Utc>>,
}

/// What a portfolio holds and what it is worth at one pack's prices.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/positions", tag = "Portfolios",
    params(
        ("id" = uuid::Uuid, Path), ListPositions, ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, description = "The positions", body = PositionsOut,
            headers(("ETag" = String))),
        (status = 304, description = "The caller has them as they are"),
        (status = 404, description = "`portfolio_not_found`, `pricing_pack_not_found`"),
        (status = 422, description = "`number_too_large`"),
        (status = 503, description = "`pricing_pack_warming`: the named pack has no hash yet; \
            `database_unavailable`"),
    ),
)]
pub async fn list_positions(
    call: Call<ListPositions>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    within_reach(call, id, async |call: &Call<ListPositions>| {
        positions_of(call, id).await
    })
    .await
}

async fn positions_of(
    call: &Call<ListPositions>,
    id: PortfolioId,
) -> Result<HttpResponse, Problem> {
    let question = Question {
        caller: call.caller,
        portfolio: id,
        pack_id: call.query.pack_id.clone(),
        asof: call.query.asof.map(|date| date.0),
        known_at: call.query.known_at,
    };
    let ground = call.state.grounds.ask(question).await??;
    if call.has(&ground.etag) {
        return Ok(not_modified(ground.etag.clone()));
    }
    if let Some(body) = call.state.positions.find(&ground.etag) {
        return Ok(Answer::of_bytes(body).with_etag(ground.etag.clone()).into());
    }
    let (etag, body) = value(&call.ctx, &ground).await?;
    call.state.positions.keep(&etag, &body);
    Ok(Answer::of_bytes(body).with_etag(etag).into())
}

/// Values the portfolio as it is in one snapshot, and names that with its tag.
async fn value(ctx: &Ctx, ground: &Ground) -> Result<(Etag, Bytes), Problem> {
    let database = ctx.database.clone();
    let Ground {
        portfolio,
        pack,
        asof,
        head,
        known_revision,
        ..
    } = ground.clone();
    database
        .read(async |tx: Tx| -> Result<_, Problem> {
            let portfolio = books::portfolios::find(ctx, &tx, portfolio).await?;
            let portfolio = ground::as_known(portfolio, known_revision);
            let etag = ground::etag_of(&portfolio, &pack, asof, &head);
            let report = performance::report(ctx, &tx, &portfolio, &pack, asof, &head).await?;
            let positions = PositionsOut::new(&report.valuation, report.provenance);
            let body = serde_json::to_vec(&positions).map_err(Problem::internal)?;
            Ok((etag, body.into()))
        })
        .await
}
