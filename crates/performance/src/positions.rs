use books::{booked::BookedLots, holdings::AsOf};
use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{books::portfolio, pricing::pack, values::PackStatus};
use identity::Ctx;

use crate::{
    Error, LedgerHead, Provenance, Valuation,
    lots::{self, ValuedLots},
    valuation::{self, Warning},
};

/// A valuation, and where it comes from.
#[derive(Clone, Debug)]
pub struct Report {
    pub valuation: Valuation,
    pub provenance: Provenance,
}

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
    let mut valuation = valuation::value(&holdings, &quotes)?;
    valuation.warnings.extend(failed(pack));
    Ok(valuation)
}

fn failed(pack: &pack::Model) -> Option<Warning> {
    (pack.status == PackStatus::Error).then(|| Warning {
        code: "pricing_pack_error",
        detail: format!("pricing pack {} is marked as failed", pack.id),
    })
}

/// As [`positions`], of the books as they are now, with the provenance and all warnings.
pub async fn report(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    pack: &pack::Model,
    asof: NaiveDate,
    head: &LedgerHead,
) -> Result<Report, Error> {
    let revision = portfolio.books_revision;
    let mut valuation = positions(ctx, db, portfolio, pack, asof, Some(revision)).await?;
    valuation.warnings.extend(head.as_warning());
    Ok(Report {
        valuation,
        provenance: Provenance::of(Some(pack), head, revision),
    })
}

/// Open lots, valued, and where the figures come from.
#[derive(Clone, Debug)]
pub struct LotsReport {
    pub lots: ValuedLots,
    pub provenance: Provenance,
}

/// Values open lots with the pack's prices, held until `asof`; without a pack their values are unknown, which
/// a warning says.
pub async fn lots_report(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    booked: &BookedLots,
    pack: Option<&pack::Model>,
    asof: NaiveDate,
    head: &LedgerHead,
) -> Result<LotsReport, Error> {
    let quotes = match pack {
        Some(pack) => Some(pricing::quotes::load(ctx, db, pack).await?),
        None => None,
    };
    let mut lots = lots::value(booked, quotes.as_ref(), &portfolio.base_currency, asof)?;
    lots.warnings.extend(match pack {
        Some(pack) => failed(pack),
        None => Some(no_pack()),
    });
    lots.warnings.extend(head.as_warning());
    Ok(LotsReport {
        lots,
        provenance: Provenance::of(pack, head, booked.books_revision),
    })
}

fn no_pack() -> Warning {
    Warning {
        code: "pricing_pack_missing",
        detail: "there is no fresh pricing pack: what the lots are worth is unknown".to_owned(),
    }
}
