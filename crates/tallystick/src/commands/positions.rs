//! `tallystick positions`: a portfolio valued with a pack, by the same rules as over REST.

use api::{LedgerHeadReader, PositionsOut};
use entity::{books::portfolio, pricing::pack, values::PackStatus};
use identity::Ctx;
use performance::Report;
use pricing::{DEFAULT_POLICY, packs};

use super::valuation;
use crate::{
    cli::Positions,
    error::Error,
    output::{print, print_json},
    session,
    settings::Settings,
};

pub async fn run(settings: &Settings, whose: Option<&str>, args: Positions) -> Result<(), Error> {
    let head = LedgerHeadReader::new(settings.ledger.path.clone())
        .read()
        .await;
    let ctx = session::open(settings, whose).await?;
    let json = args.output.json;
    let within = ctx.clone();
    let work = async |tx: db::Tx| {
        let portfolio = find_portfolio(&within, &tx, &args.portfolio).await?;
        let pack = choose_pack(&within, &tx, &args).await?;
        let asof = args.asof.unwrap_or(pack.asof_date);
        let report = performance::report(&within, &tx, &portfolio, &pack, asof, &head).await?;
        Ok::<_, Error>(report)
    };
    let found = ctx.database.read(work).await;
    ctx.database.close().await;
    let Report {
        valuation,
        provenance,
    } = found?;
    if json {
        print_json(&PositionsOut::new(&valuation, provenance))
    } else {
        print(&valuation::show(&valuation, &provenance))
    }
}

/// A name comes before an id, so that a portfolio with any name can be asked for.
pub(super) async fn find_portfolio(
    ctx: &Ctx,
    tx: &db::Tx,
    name_or_id: &str,
) -> Result<portfolio::Model, books::Error> {
    let by_name = books::portfolios::find_by_name(ctx, tx, name_or_id).await;
    match (by_name, name_or_id.parse()) {
        (Err(books::Error::PortfolioNotFound { .. }), Ok(id)) => {
            books::portfolios::find(ctx, tx, id).await
        }
        (found, _) => found,
    }
}

async fn choose_pack(ctx: &Ctx, tx: &db::Tx, args: &Positions) -> Result<pack::Model, Error> {
    let Some(id) = &args.pack else {
        let asof = args.asof.unwrap_or_else(|| ctx.today());
        let newest = packs::latest_fresh(ctx, tx, DEFAULT_POLICY, Some(asof)).await?;
        return newest.ok_or(Error::NoFreshPack(asof));
    };
    let pack = packs::find(ctx, tx, id).await?;
    if pack.status == PackStatus::Warming {
        return Err(Error::PackWarming(pack.id));
    }
    Ok(pack)
}
