//! `/v1/portfolios/{id}/lots`

mod out;

use actix_web::{HttpResponse, web::ServiceConfig};
use books::{
    booked::{BookedLots, LotPlace, booked_lots, revision_at},
    holdings::AsOf,
    portfolios,
};
use chrono::{DateTime, NaiveDate, Utc};
use db::{ConnectionTrait, Tx, page::Page};
use entity::{
    books::portfolio,
    values::{self, PortfolioId, TransactionId},
};
use identity::Ctx;
use performance::{LedgerHead, lots_report};
use serde::Deserialize;
use utoipa::IntoParams;

pub use out::{LotOut, LotSumsOut, LotTotalsOut, LotsOut};

use super::{pack_choice::named_or_latest, readable};
use crate::{
    answer::Answer,
    cursor::page,
    extract::{Call, Date, Limit, UrlPath},
    problem::Problem,
    reach::within_reach,
    schema::{CalendarDate, LotMethod},
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/portfolios/{id}/lots", list_lots));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListLots {
    /// The pack with whose prices the lots are valued. Default: the newest fresh pack of the default policy,
    /// dated `asof`, or today, or before.
    pack_id: Option<String>,
    /// The last day that counts. Default: the named pack's date; all days if none is named.
    #[param(value_type = Option<CalendarDate>)]
    asof: Option<Date>,
    /// The books as they were known at this instant. Default: now.
    known_at: Option<DateTime<Utc>>,
    /// By another method than the portfolio's own, which changes nothing.
    #[param(value_type = Option<LotMethod>)]
    method: Option<values::LotMethod>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The lots that are open, with what they cost, what they are worth and what they would gain. The totals are of
/// all lots, not of the page.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/lots", tag = "Books",
    params(("id" = uuid::Uuid, Path), ListLots),
    responses(
        (status = 200, description = "A page of the lots, by symbol and the day of acquisition", body = LotsOut),
        (status = 404, description = "`portfolio_not_found`, `pricing_pack_not_found`: the named pack"),
        (status = 409, description = "`portfolio_follows_ledger`: by that method, what its ledger says is not enough"),
        (status = 422, description = "`not_bookable` by that method, `number_too_large`"),
        (status = 503, description = "`pricing_pack_warming`: the named pack has no hash yet"),
    ),
)]
pub async fn list_lots(
    call: Call<ListLots>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    let page = page_of(&call.query)?;
    within_reach(call, id, async |call: &Call<ListLots>| {
        let head = call.state.ledger_head.read().await;
        let (ctx, query) = (&call.ctx, &call.query);
        let out = ctx
            .database
            .read(async |tx: Tx| value(ctx, &tx, id, query, &head, &page).await)
            .await?;
        Ok(Answer::ok(&out)?.into())
    })
    .await
}

fn page_of(query: &ListLots) -> Result<Page<LotPlace>, Problem> {
    type Key = (String, Date, TransactionId, u32);
    let (after, limit) = page::<Key>(query.limit, query.cursor.as_deref())?;
    let after = after
        .map(|(symbol, date, opened_by, ordinal)| LotPlace(symbol, date.0, opened_by, ordinal));
    Ok(Page { after, limit })
}

async fn value(
    ctx: &Ctx,
    tx: &Tx,
    id: PortfolioId,
    query: &ListLots,
    head: &LedgerHead,
    page: &Page<LotPlace>,
) -> Result<LotsOut, Problem> {
    let portfolio = portfolios::find(ctx, tx, id).await?;
    let asof = query.asof.map(|date| date.0);
    let named = query.pack_id.as_deref();
    let newest = asof.unwrap_or_else(|| ctx.today());
    let pack = named_or_latest(ctx, tx, named, newest).await?;
    let of_pack = pack.as_ref().filter(|_| named.is_some());
    let asof = asof.or(of_pack.map(|pack| pack.asof_date));
    let last = asof.unwrap_or(NaiveDate::MAX);
    let booked = read(ctx, tx, &portfolio, last, query.known_at, query.method).await?;
    let asof = asof.unwrap_or_else(|| ctx.today());
    let pack = pack.as_ref();
    let report = lots_report(ctx, tx, &portfolio, &booked, pack, asof, head).await?;
    Ok(LotsOut::new(&portfolio, &booked, report, asof, page))
}

/// The lots of a portfolio as they were known at an instant.
pub(super) async fn read(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    date: NaiveDate,
    known_at: Option<DateTime<Utc>>,
    method: Option<values::LotMethod>,
) -> Result<BookedLots, Problem> {
    let revision = match known_at {
        Some(instant) => Some(revision_at(ctx, db, portfolio, instant).await?),
        None => None,
    };
    let asof = AsOf { date, revision };
    Ok(booked_lots(ctx, db, portfolio, asof, method).await?)
}
