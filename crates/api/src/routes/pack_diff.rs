//! `/v1/packs/{id}/diff/{other}`

mod out;

use actix_web::{HttpResponse, web::ServiceConfig};
use db::{Tx, page::Page};
use entity::{pricing::pack, values::PortfolioId};
use pricing::{content::RowKey, packs};
use serde::Deserialize;
use utoipa::IntoParams;

pub use out::{
    ChangedRowOut, CountsOut, DiffOut, EffectOut, FieldChangeOut, PackRefOut, PortfolioEffectsOut,
    RowOut,
};

use super::readable;
use crate::{
    answer::{Answer, not_modified},
    cursor,
    etag::Etag,
    extract::{Call, Date, Limit, UrlPath},
    problem::Problem,
    reach::within_reach,
    schema::CalendarDate,
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/packs/{id}/diff/{other}", diff_packs));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffPacks {
    /// Also tell what the difference does to this portfolio's value.
    #[param(value_type = Option<uuid::Uuid>)]
    portfolio_id: Option<PortfolioId>,
    /// The date of that portfolio's books. Default: the date of the pack `other`.
    #[param(value_type = Option<CalendarDate>)]
    asof: Option<Date>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// What the pack `other` has otherwise than the pack `id`: rows added, removed and changed.
///
/// A page is a part of all differing rows, prices by symbol before rates by pair. What the difference
/// does to a portfolio's value is told as a whole with every page: the changed rows are taken over in
/// that order, and each row's effect is by how much the value moved, so that the effects sum to the
/// change exactly.
#[utoipa::path(
    get, path = "/v1/packs/{id}/diff/{other}", tag = "Pricing packs",
    params(
        ("id" = String, Path), ("other" = String, Path), DiffPacks,
        ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, description = "A page", body = DiffOut,
            headers(("ETag" = Option<String>,
                description = "Of frozen packs, where no portfolio is asked for"))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`pricing_pack_not_found`, `portfolio_not_found`"),
        (status = 422, description = "`number_too_large`"),
    ),
)]
pub async fn diff_packs(
    call: Call<DiffPacks>,
    UrlPath((id, other)): UrlPath<(String, String)>,
) -> Result<HttpResponse, Problem> {
    match call.query.portfolio_id {
        Some(portfolio) => {
            let work = async |call: &Call<DiffPacks>| compare(call, &id, &other).await;
            within_reach(call, portfolio, work).await
        }
        None => compare(&call, &id, &other).await,
    }
}

async fn compare(call: &Call<DiffPacks>, id: &str, other: &str) -> Result<HttpResponse, Problem> {
    let query = &call.query;
    let (after, limit) = cursor::page::<RowKey>(query.limit, query.cursor.as_deref())?;
    let page = Page { after, limit };
    let ctx = &call.ctx;
    let read = async |tx: Tx| -> Result<_, Problem> {
        let diff = packs::diff(ctx, &tx, id, other).await?;
        let Some(portfolio) = query.portfolio_id else {
            return Ok((diff, None));
        };
        let portfolio = books::portfolios::find(ctx, &tx, portfolio).await?;
        let asof = query.asof.map_or(diff.new.asof_date, |date| date.0);
        let effects = performance::effects(ctx, &tx, &portfolio, &diff, asof).await?;
        Ok((diff, Some((portfolio.id, effects))))
    };
    let (diff, effects) = ctx.database.read(read).await?;
    let etag = effects
        .is_none()
        .then(|| etag_of(&diff.old, &diff.new))
        .flatten();
    if let Some(etag) = etag.clone().filter(|etag| call.has(etag)) {
        return Ok(not_modified(etag));
    }
    let found = diff.page(&page);
    let last = found.items.last().filter(|_| found.has_more);
    let next_cursor = last.map(|row| cursor::write(&row.key));
    let out = DiffOut::new(&diff, found.items, next_cursor, effects);
    let answer = Answer::ok(&out)?;
    Ok(match etag {
        Some(etag) => answer.with_etag(etag).into(),
        None => answer.into(),
    })
}

/// Of two packs that cannot change.
fn etag_of(old: &pack::Model, new: &pack::Model) -> Option<Etag> {
    let (old_hash, new_hash) = (old.hash.as_deref()?, new.hash.as_deref()?);
    Some(Etag::of_parts(&[
        "diff", &old.id, old_hash, &new.id, new_hash,
    ]))
}
