//! `/v1/portfolios/{id}/lots` and `/v1/portfolios/{id}/realized-gains`

mod out;

use actix_web::{HttpResponse, web::ServiceConfig};
use books::{
    booked::{BookedLots, booked_lots, revision_at},
    gains,
    holdings::AsOf,
    portfolios,
};
use chrono::{DateTime, NaiveDate, Utc};
use db::Tx;
use entity::values::{self, PortfolioId};
use identity::Ctx;
use serde::Deserialize;
use utoipa::IntoParams;

pub use out::{GainTotalOut, LotOut, LotsOut, RealizedGainOut, RealizedGainsOut};

use super::readable;
use crate::{
    answer::Answer,
    extract::{Call, Date, UrlPath},
    problem::Problem,
    reach::within_reach,
    schema::{CalendarDate, LotMethod},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/portfolios/{id}/lots", list_lots))
        .service(readable(
            "/v1/portfolios/{id}/realized-gains",
            list_realized_gains,
        ));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListLots {
    /// The last day that counts. Default: all days.
    #[param(value_type = Option<CalendarDate>)]
    asof: Option<Date>,
    /// The books as they were known at this instant. Default: now.
    known_at: Option<DateTime<Utc>>,
    /// By another method than the portfolio's own, which changes nothing.
    #[param(value_type = Option<LotMethod>)]
    method: Option<values::LotMethod>,
}

/// The lots that are open, with what they cost.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/lots", tag = "Books",
    params(("id" = uuid::Uuid, Path), ListLots),
    responses(
        (status = 200, description = "The lots, by symbol", body = LotsOut),
        (status = 404, description = "`portfolio_not_found`"),
        (status = 409, description = "`portfolio_follows_ledger`: its ledger names the lots"),
        (status = 422, description = "`not_bookable` by that method, `number_too_large`"),
    ),
)]
pub async fn list_lots(
    call: Call<ListLots>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    within_reach(call, id, async |call: &Call<ListLots>| {
        let query = &call.query;
        let day = query.asof.map_or(NaiveDate::MAX, |date| date.0);
        let lots = read(&call.ctx, id, day, query.known_at, query.method).await?;
        Ok(Answer::ok(&LotsOut::from(lots))?.into())
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRealizedGains {
    /// Of one calendar year. Default: of all.
    #[param(minimum = 1, maximum = 9999)]
    year: Option<u16>,
    /// The books as they were known at this instant. Default: now.
    known_at: Option<DateTime<Utc>>,
    /// By another method than the portfolio's own, which changes nothing.
    #[param(value_type = Option<LotMethod>)]
    method: Option<values::LotMethod>,
}

/// What sales and corporate actions have brought over what was paid, lot by lot.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/realized-gains", tag = "Books",
    params(("id" = uuid::Uuid, Path), ListRealizedGains),
    responses(
        (status = 200, description = "The gains, in their order", body = RealizedGainsOut),
        (status = 404, description = "`portfolio_not_found`"),
        (status = 409, description = "`portfolio_follows_ledger`: its ledger names the lots"),
        (status = 422, description = "`not_bookable` by that method, `number_too_large`"),
    ),
)]
pub async fn list_realized_gains(
    call: Call<ListRealizedGains>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    within_reach(call, id, async |call: &Call<ListRealizedGains>| {
        let query = &call.query;
        let lots = read(&call.ctx, id, NaiveDate::MAX, query.known_at, query.method).await?;
        let gains = gains::realized_gains(&lots, query.year.map(i32::from));
        let out = RealizedGainsOut::new(&lots, gains)?;
        Ok(Answer::ok(&out)?.into())
    })
    .await
}

async fn read(
    ctx: &Ctx,
    id: PortfolioId,
    date: NaiveDate,
    known_at: Option<DateTime<Utc>>,
    method: Option<values::LotMethod>,
) -> Result<BookedLots, Problem> {
    ctx.database
        .read(async |tx: Tx| -> Result<BookedLots, Problem> {
            let portfolio = portfolios::find(ctx, &tx, id).await?;
            let revision = match known_at {
                Some(instant) => Some(revision_at(ctx, &tx, &portfolio, instant).await?),
                None => None,
            };
            let asof = AsOf { date, revision };
            Ok(booked_lots(ctx, &tx, &portfolio, asof, method).await?)
        })
        .await
}
