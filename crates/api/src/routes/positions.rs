//! `/v1/portfolios/{id}/positions`

mod cache;
mod out;

use actix_web::HttpResponse;
use bytes::Bytes;
use chrono::NaiveDate;
use db::{ConnectionTrait, Tx};
use entity::{
    books::portfolio,
    pricing::pack,
    values::{PackStatus, PortfolioId},
};
use identity::Ctx;
use patterns::LedgerHead;
use performance::{ENGINE_VERSION, Provenance, valuation::Warning};
use pricing::{DEFAULT_POLICY, packs};
use serde::Deserialize;
use utoipa::IntoParams;

pub use cache::PositionsCache;
pub use out::{
    CashOut, PositionOut, PositionsOut, ProvenanceOut, SecurityRefOut, TotalsOut, WarningOut,
};

use crate::{
    answer::{Answer, not_modified},
    etag::Etag,
    extract::{Call, Date, UrlPath},
    problem::{PackAtFault, Problem, kinds},
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
    let (ctx, reader) = (&call.ctx, call.ctx.database.reader());
    let portfolio = books::portfolios::find(ctx, reader, id).await?;
    let pack = choose_pack(ctx, reader, &call.query).await?;
    let asof = call.query.asof.map_or(pack.asof_date, |date| date.0);
    let head = call.state.ledger_head.read().await;

    let etag = etag_of(&portfolio, &pack, asof, &head);
    if call.has(&etag) {
        return Ok(not_modified(etag));
    }
    if let Some(body) = call.state.positions.find(&etag) {
        return Ok(Answer::of_bytes(body).with_etag(etag).into());
    }
    let (etag, body) = value(ctx.clone(), id, pack, asof, head).await?;
    call.state.positions.keep(&etag, &body);
    Ok(Answer::of_bytes(body).with_etag(etag).into())
}

async fn choose_pack(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    query: &ListPositions,
) -> Result<pack::Model, Problem> {
    let Some(id) = &query.pack_id else {
        let asof = query.asof.map_or_else(|| ctx.today(), |date| date.0);
        let newest = packs::latest_fresh(ctx, db, DEFAULT_POLICY, Some(asof)).await?;
        return newest.ok_or_else(|| no_fresh_pack(asof));
    };
    let named = packs::find(ctx, db, id).await?;
    if named.status == PackStatus::Warming {
        let detail = format!("pricing pack {id} is still warming; try again when it is fresh");
        let prewarm_done = Some(named.prewarm_done);
        let pack = PackAtFault {
            id: named.id,
            status: named.status,
            prewarm_done,
        };
        return Err(Problem::new(kinds::PACK_WARMING, detail)
            .about_pack(pack)
            .retry_later());
    }
    Ok(named)
}

fn no_fresh_pack(asof: NaiveDate) -> Problem {
    let detail = format!(
        "there is no fresh pricing pack of the policy {DEFAULT_POLICY} dated {asof} or before; \
         build one, or name one with pack_id"
    );
    Problem::new(kinds::PACK_NOT_FOUND, detail)
}

/// Everything that the figures, or the words beside them, are made from.
fn etag_of(
    portfolio: &portfolio::Model,
    pack: &pack::Model,
    asof: NaiveDate,
    head: &LedgerHead,
) -> Etag {
    Etag::of_parts(&[
        pack.hash.as_deref().unwrap_or_default(),
        &pack.id,
        pack.status.as_str(),
        &portfolio.user_id.to_string(),
        &portfolio.id.to_string(),
        &portfolio.base_currency,
        &portfolio.books_revision.to_string(),
        &asof.to_string(),
        head.commit.as_deref().unwrap_or_default(),
        head.warning.as_deref().unwrap_or_default(),
        ENGINE_VERSION,
    ])
}

/// Values the portfolio as it is in one snapshot, and names that with its tag.
async fn value(
    ctx: Ctx,
    id: PortfolioId,
    pack: pack::Model,
    asof: NaiveDate,
    head: LedgerHead,
) -> Result<(Etag, Bytes), Problem> {
    let database = ctx.database.clone();
    database
        .read(async move |tx: Tx| -> Result<_, Problem> {
            let portfolio = books::portfolios::find(&ctx, &tx, id).await?;
            let revision = Some(portfolio.books_revision);
            let mut valuation =
                performance::positions(&ctx, &tx, &portfolio, &pack, asof, revision).await?;
            valuation.warnings.extend(warnings(&pack, &head));
            let etag = etag_of(&portfolio, &pack, asof, &head);
            let provenance = Provenance {
                pricing_pack_id: Some(pack.id),
                pack_hash: pack.hash,
                ledger_commit_hash: head.commit,
                books_revision: portfolio.books_revision,
                engine_version: ENGINE_VERSION,
            };
            let positions = PositionsOut::new(&valuation, provenance);
            let body = serde_json::to_vec(&positions).map_err(Problem::internal)?;
            Ok((etag, body.into()))
        })
        .await
}

fn warnings(pack: &pack::Model, head: &LedgerHead) -> impl Iterator<Item = Warning> {
    let failed = (pack.status == PackStatus::Error).then(|| Warning {
        code: "pricing_pack_error",
        detail: format!("pricing pack {} is marked as failed", pack.id),
    });
    let unknown_commit = head.warning.clone().map(|detail| Warning {
        code: "ledger_commit_unknown",
        detail,
    });
    failed.into_iter().chain(unknown_commit)
}
