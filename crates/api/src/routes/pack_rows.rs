//! `/v1/packs/{id}/prices` and `/v1/packs/{id}/fx-rates`

use actix_web::{HttpResponse, http::StatusCode, web::ServiceConfig};
use db::{Tx, page::Page};
use entity::{
    pricing::pack,
    values::{self, Price, Quantity, Rate},
};
use identity::Ctx;
use pricing::{
    content::{FxRow, PriceRow},
    load, packs,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::{Answer, not_modified},
    cursor::{ListOut, page},
    etag::Etag,
    extract::{Call, Limit, UrlPath},
    idempotency,
    problem::Problem,
    schema::{Decimal, PriceAdjustment},
    spool::Spooled,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/packs/{id}/prices", list_prices).post(load_prices))
        .service(readable("/v1/packs/{id}/fx-rates", list_fx_rates).post(load_fx_rates));
}

/// One security's price.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceOut {
    pub symbol: String,
    #[schema(value_type = Decimal)]
    pub close: Price,
    pub currency: String,
    #[schema(value_type = Option<Decimal>)]
    pub open: Option<Price>,
    #[schema(value_type = Option<Decimal>)]
    pub high: Option<Price>,
    #[schema(value_type = Option<Decimal>)]
    pub low: Option<Price>,
    #[schema(value_type = Option<Decimal>)]
    pub volume: Option<Quantity>,
    pub source: String,
    #[schema(value_type = PriceAdjustment)]
    pub adjustment: values::PriceAdjustment,
}

impl From<PriceRow> for PriceOut {
    fn from(row: PriceRow) -> Self {
        Self {
            symbol: row.symbol,
            close: row.close,
            currency: row.currency,
            open: row.open,
            high: row.high,
            low: row.low,
            volume: row.volume,
            source: row.source,
            adjustment: row.adjustment,
        }
    }
}

/// One exchange rate.
#[derive(Debug, Serialize, ToSchema)]
pub struct FxRateOut {
    pub base: String,
    pub quote: String,
    /// Units of quote for one of base.
    #[schema(value_type = Decimal)]
    pub rate: Rate,
    pub source: String,
}

impl From<FxRow> for FxRateOut {
    fn from(row: FxRow) -> Self {
        Self {
            base: row.base,
            quote: row.quote,
            rate: row.rate,
            source: row.source,
        }
    }
}

/// How much was loaded.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadedOut {
    pub pack_id: String,
    pub rows: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRows {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The content of a frozen pack is what its hash says; that of a warming one has no tag.
fn content_etag(pack: &pack::Model, part: &str) -> Option<Etag> {
    pack.hash
        .as_deref()
        .map(|hash| Etag::of_parts(&[hash, part]))
}

fn page_answer<T: Serialize>(
    list: &ListOut<T>,
    etag: Option<Etag>,
) -> Result<HttpResponse, Problem> {
    let answer = Answer::ok(list)?;
    Ok(match etag {
        Some(etag) => answer.with_etag(etag).into(),
        None => answer.into(),
    })
}

/// A pack's prices, by symbol.
#[utoipa::path(
    get, path = "/v1/packs/{id}/prices", tag = "Pricing packs",
    params(("id" = String, Path), ListRows, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "A page", body = ListOut<PriceOut>,
            headers(("ETag" = Option<String>, description = "Of a frozen pack"))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`pricing_pack_not_found`"),
    ),
)]
pub async fn list_prices(
    call: Call<ListRows>,
    UrlPath(id): UrlPath<String>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let pack = packs::find(&call.ctx, &call.ctx.shared(), &id).await?;
    let etag = content_etag(&pack, "prices");
    if let Some(etag) = etag.clone().filter(|etag| call.has(etag)) {
        return Ok(not_modified(etag));
    }
    let (ctx, page) = (&call.ctx, Page { after, limit });
    let read = async |tx: Tx| packs::prices(ctx, &tx, &id, &page).await;
    let found = ctx.database.read(read).await?;
    let list = ListOut::new(found, |last| last.symbol.clone(), PriceOut::from);
    page_answer(&list, etag)
}

/// A pack's exchange rates, by pair.
#[utoipa::path(
    get, path = "/v1/packs/{id}/fx-rates", tag = "Pricing packs",
    params(("id" = String, Path), ListRows, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "A page", body = ListOut<FxRateOut>,
            headers(("ETag" = Option<String>, description = "Of a frozen pack"))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`pricing_pack_not_found`"),
    ),
)]
pub async fn list_fx_rates(
    call: Call<ListRows>,
    UrlPath(id): UrlPath<String>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let pack = packs::find(&call.ctx, &call.ctx.shared(), &id).await?;
    let etag = content_etag(&pack, "fx-rates");
    if let Some(etag) = etag.clone().filter(|etag| call.has(etag)) {
        return Ok(not_modified(etag));
    }
    let (ctx, page) = (&call.ctx, Page { after, limit });
    let read = async |tx: Tx| packs::fx_rates(ctx, &tx, &id, &page).await;
    let found = ctx.database.read(read).await?;
    let key = |last: &FxRow| (last.base.clone(), last.quote.clone());
    let list = ListOut::new(found, key, FxRateOut::from);
    page_answer(&list, etag)
}

/// Loads prices into a warming pack, all of them or none.
///
/// CSV has the header `symbol,close,currency` and, if wanted, `open,high,low,volume,source,
/// adjustment`; NDJSON has one object a line with the same members. Decimals are strings.
#[utoipa::path(
    post, path = "/v1/packs/{id}/prices", tag = "Pricing packs",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content(
        (String = "text/csv", example = "symbol,close,currency\nNKE,74.5,USD\n"),
        (String = "application/x-ndjson",
            example = "{\"symbol\":\"NKE\",\"close\":\"74.5\",\"currency\":\"USD\"}\n"),
    )),
    responses(
        (status = 201, description = "Loaded", body = LoadedOut),
        (status = 404, description = "`pricing_pack_not_found`"),
        (status = 409, description = "`pricing_pack_not_warming`: the content is frozen"),
        (status = 422, description = "`rows_invalid`, with the lines"),
    ),
)]
pub async fn load_prices(
    call: Call,
    UrlPath(id): UrlPath<String>,
    rows: Spooled,
) -> Result<HttpResponse, Problem> {
    idempotency::create(&call, &rows.hash, async |ctx: &Ctx, tx: &Tx| {
        let rows = load::prices(ctx, tx, &id, rows.format, rows.reopen()?).await?;
        let pack_id = id.clone();
        Ok(Answer::ok(&LoadedOut { pack_id, rows })?.with_status(StatusCode::CREATED))
    })
    .await
}

/// Loads exchange rates into a warming pack, all of them or none.
///
/// CSV has the header `base,quote,rate` and, if wanted, `source`; NDJSON has one object a line with
/// the same members. `rate` is units of quote for one of base, as a string.
#[utoipa::path(
    post, path = "/v1/packs/{id}/fx-rates", tag = "Pricing packs",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content(
        (String = "text/csv", example = "base,quote,rate\nUSD,CAD,1.3712\n"),
        (String = "application/x-ndjson",
            example = "{\"base\":\"USD\",\"quote\":\"CAD\",\"rate\":\"1.3712\"}\n"),
    )),
    responses(
        (status = 201, description = "Loaded", body = LoadedOut),
        (status = 404, description = "`pricing_pack_not_found`"),
        (status = 409, description = "`pricing_pack_not_warming`: the content is frozen"),
        (status = 422, description = "`rows_invalid`, with the lines"),
    ),
)]
pub async fn load_fx_rates(
    call: Call,
    UrlPath(id): UrlPath<String>,
    rows: Spooled,
) -> Result<HttpResponse, Problem> {
    idempotency::create(&call, &rows.hash, async |ctx: &Ctx, tx: &Tx| {
        let rows = load::fx_rates(ctx, tx, &id, rows.format, rows.reopen()?).await?;
        let pack_id = id.clone();
        Ok(Answer::ok(&LoadedOut { pack_id, rows })?.with_status(StatusCode::CREATED))
    })
    .await
}
