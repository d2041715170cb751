//! `/v1/portfolios/{id}/realized-gains`

mod out;

use actix_web::{HttpResponse, web::ServiceConfig};
use books::{
    gains::{self, GainPlace},
    portfolios,
};
use chrono::{DateTime, NaiveDate, Utc};
use db::{Tx, page::Page};
use entity::values::{self, PortfolioId, TransactionId};
use identity::Ctx;
use serde::Deserialize;
use utoipa::IntoParams;

pub use out::{
    GainSumsOut, GainTotalOut, GainTotalsOut, RealizedGainOut, RealizedGainsOut, SecurityGainsOut,
    YearGainsOut,
};

use super::{lots, readable};
use crate::{
    answer::Answer,
    cursor::page,
    extract::{Call, Date, Limit, UrlPath},
    problem::Problem,
    reach::within_reach,
    schema::LotMethod,
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable(
        "/v1/portfolios/{id}/realized-gains",
        list_realized_gains,
    ));
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
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// What sales and corporate actions have brought over what was paid, lot by lot. The totals are of all gains that
/// were asked for, not of the page.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/realized-gains", tag = "Books",
    params(("id" = uuid::Uuid, Path), ListRealizedGains),
    responses(
        (status = 200, description = "A page of the gains, the oldest first", body = RealizedGainsOut),
        (status = 404, description = "`portfolio_not_found`"),
        (status = 409, description = "`portfolio_follows_ledger`: by that method, what its ledger says is not enough"),
        (status = 422, description = "`not_bookable` by that method, `number_too_large`"),
    ),
)]
pub async fn list_realized_gains(
    call: Call<ListRealizedGains>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    let page = page_of(&call.query)?;
    within_reach(call, id, async |call: &Call<ListRealizedGains>| {
        let (ctx, query) = (&call.ctx, &call.query);
        let out = ctx
            .database
            .read(async |tx: Tx| read(ctx, &tx, id, query, &page).await)
            .await?;
        Ok(Answer::ok(&out)?.into())
    })
    .await
}

fn page_of(query: &ListRealizedGains) -> Result<Page<GainPlace>, Problem> {
    let (after, limit) = page::<(Date, TransactionId, u32)>(query.limit, query.cursor.as_deref())?;
    let after = after.map(|(date, closed_by, number)| GainPlace(date.0, closed_by, number));
    Ok(Page { after, limit })
}

async fn read(
    ctx: &Ctx,
    tx: &Tx,
    id: PortfolioId,
    query: &ListRealizedGains,
    page: &Page<GainPlace>,
) -> Result<RealizedGainsOut, Problem> {
    let portfolio = portfolios::find(ctx, tx, id).await?;
    let (known_at, method) = (query.known_at, query.method);
    let lots = lots::read(ctx, tx, &portfolio, NaiveDate::MAX, known_at, method).await?;
    let gains = gains::realized_gains(&lots, query.year.map(i32::from));
    Ok(RealizedGainsOut::new(&portfolio, &lots, gains, page)?)
}
