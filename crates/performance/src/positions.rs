use books::holdings::AsOf;
use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{books::portfolio, pricing::pack, values::PackStatus};
use identity::Ctx;

use crate::{
    ENGINE_VERSION, Error, LedgerHead, Provenance, Valuation,
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
    if pack.status == PackStatus::Error {
        valuation.warnings.push(Warning {
            code: "pricing_pack_error",
            detail: format!("pricing pack {} is marked as failed", pack.id),
        });
    }
    Ok(valuation)
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
    let provenance = Provenance {
        pricing_pack_id: Some(pack.id.clone()),
        pack_hash: pack.hash.clone(),
        ledger_commit_hash: head.commit.clone(),
        books_revision: revision,
        engine_version: ENGINE_VERSION,
    };
    Ok(Report {
        valuation,
        provenance,
    })
}
