use books::holdings::AsOf;
use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{books::portfolio, pricing::pack};
use identity::Ctx;

use crate::{Error, Valuation, valuation};

/// Values what a portfolio held on `asof` with the pack's prices.
///
/// `revision` asks for the books as they stood then; `None` is now. The caller's connection should
/// be one snapshot, so that books and prices agree.
pub async fn positions(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    pack: &pack::Model,
    asof: NaiveDate,
    revision: Option<i64>,
) -> Result<Valuation, Error> {
    let asof = AsOf {
        date: asof,
        revision,
    };
    let holdings = books::holdings::holdings(ctx, db, portfolio, asof).await?;
    let quotes = pricing::quotes::load(ctx, db, pack).await?;
    valuation::value(&holdings, &quotes)
}
