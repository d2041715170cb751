//! A portfolio's books held against the ledger in git, each side priced from its own records.
//!
//! [`compare`] and [`first_difference`] are pure; [`reconcile`] reads the books, holds them against a
//! ledger at a pack's prices, and keeps what came of it. docs/reconciliation.md has the formulas and
//! docs/decisions/0014-reconciliation.md the reasons.

mod compare;
mod difference;
mod exact;
mod first;
mod movement;
mod prices;
mod side;
mod stored;

use books::holdings::AsOf;
use db::Tx;
use entity::{
    books::portfolio,
    performance::reconciliation,
    pricing::pack,
    values::{PackStatus, PortfolioId, ReconciliationId},
};
use identity::Ctx;
use ledger::{Ledger, PortfolioView};
use pricing::packs;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

pub use compare::{Comparison, compare};
pub use difference::{
    BooksTransaction, Difference, DifferenceKind, FirstDifference, LedgerTransaction, Moved,
};
pub use first::first_difference;
pub use movement::{LotChange, Movement, Told, of_books, of_ledger};
pub use prices::Prices;
pub use side::{Side, Worth};
pub use stored::{find, list};

use crate::{ENGINE_VERSION, Error};

/// How many differences are kept; their count tells of all.
pub const MOST_KEPT: usize = 100;

/// The ledger that the books are held against.
#[derive(Clone, Copy, Debug)]
pub struct LedgerSide<'a> {
    pub ledger: &'a Ledger,
    /// The part of it that is the portfolio, without an end date.
    pub view: &'a PortfolioView,
    /// The accounts of that part.
    pub accounts: &'a [String],
    /// `sha256:` and lower-case hex of the ledger's text.
    pub hash: &'a str,
    /// HEAD of the git repository that holds the ledger, where that is known.
    pub commit: Option<&'a str>,
}

/// Where the outcome is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// With the portfolio alone: for whoever may not change packs, which all users share.
    WithPortfolio,
    /// In the pack too, if it is still warming: a failure freezes it as bad.
    InPackToo,
}

/// Holds a portfolio's books against the ledger at the end of the pack's day, and keeps the outcome.
///
/// The books are priced by the pack, the ledger by its own `price` directives of that day or before. The
/// caller's transaction is held up by others who fill or freeze the pack only if it is to be written to.
/// A frozen pack's row is never changed: the outcome is then with the portfolio alone.
///
/// # Errors
/// [`books::Error::PortfolioNotFound`], [`pricing::Error::PackNotFound`], and [`Error::Overflow`] where a
/// value has more digits than a number can hold. That books and ledger differ is no error.
pub async fn reconcile(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: PortfolioId,
    pack_id: &str,
    ledger: LedgerSide<'_>,
    keep: Keep,
) -> Result<reconciliation::Model, Error> {
    let portfolio = books::portfolios::find(ctx, tx, portfolio).await?;
    let pack = match keep {
        Keep::WithPortfolio => packs::find(ctx, tx, pack_id).await?,
        Keep::InPackToo => packs::find_and_hold(ctx, tx, pack_id).await?,
    };
    let (comparison, first) = hold_against(ctx, tx, &portfolio, &pack, ledger).await?;
    let id = ReconciliationId::new();
    let is_in_pack = keep == Keep::InPackToo && pack.status == PackStatus::Warming;
    let pack_hash = if is_in_pack {
        let outcome = outcome(&comparison, id, portfolio.id);
        let pack = packs::record_reconciliation(ctx, tx, &pack.id, &outcome).await?;
        pack.reconciled_hash.unwrap_or_default()
    } else {
        packs::content_hash(ctx, tx, &pack).await?
    };
    let kept = comparison.differences.iter().take(MOST_KEPT);
    let count = comparison.differences.len();
    let row = reconciliation::Model {
        user_id: ctx.scope,
        id,
        portfolio_id: portfolio.id,
        pack_hash,
        asof_date: pack.asof_date,
        pack_id: pack.id,
        ledger_commit_hash: ledger.commit.map(str::to_owned),
        ledger_hash: ledger.hash.to_owned(),
        accounts: ledger.accounts.into(),
        books_revision: portfolio.books_revision,
        engine_version: ENGINE_VERSION.to_owned(),
        passed: count == 0,
        error_bps: comparison.error_bps,
        difference_count: i64::try_from(count).unwrap_or(i64::MAX),
        differences: serde_json::to_value(kept.collect::<Vec<_>>())?,
        first_difference: first.map(serde_json::to_value).transpose()?,
        left_out: comparison.left_out.into(),
        is_in_pack,
        created_at: ctx.now(),
    };
    let new = row.clone().into_active_model().reset_all();
    reconciliation::Entity::insert(new)
        .exec_without_returning(tx)
        .await?;
    Ok(row)
}

async fn hold_against(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: &portfolio::Model,
    pack: &pack::Model,
    ledger: LedgerSide<'_>,
) -> Result<(Comparison, Option<FirstDifference>), Error> {
    let asof = AsOf {
        date: pack.asof_date,
        revision: Some(portfolio.books_revision),
    };
    let rows = books::transactions::counted(ctx, tx, portfolio.id, asof).await?;
    let lots = books::booked::booked_lots(ctx, tx, portfolio, asof, None).await?;
    let holdings = books::holdings::holdings(ctx, tx, portfolio, asof).await?;
    let our_movements = of_books(&rows, &lots, portfolio.is_recorded);
    let our_prices = Prices::of_pack(pricing::quotes::load(ctx, tx, pack).await?);
    let ours = Side::new(&holdings, &our_movements, our_prices)?;

    let base = portfolio.base_currency.as_str();
    let holdings = books::holdings::from_ledger(ledger.ledger, ledger.view, asof.date, base)?;
    let ledger_movements = of_ledger(ledger.view, asof.date)?;
    let ledger_prices = Prices::of_ledger(ledger.ledger, asof.date, &pack.policy);
    let theirs = Side::new(&holdings, &ledger_movements, ledger_prices)?;

    let comparison = compare(&ours, &theirs);
    let first = if comparison.differences.is_empty() {
        None
    } else {
        first_difference(&our_movements, &ledger_movements)
    };
    Ok((comparison, first))
}

/// All users read a pack, so that its message tells of no portfolio what only its owner may know.
fn outcome(
    comparison: &Comparison,
    id: ReconciliationId,
    portfolio: PortfolioId,
) -> packs::Outcome {
    if let (true, Some(error_bps)) = (comparison.differences.is_empty(), comparison.error_bps) {
        return packs::Outcome::Passed { error_bps };
    }
    let mut kinds: Vec<(DifferenceKind, usize)> = Vec::new();
    for difference in &comparison.differences {
        match kinds.last_mut() {
            Some((kind, count)) if *kind == difference.kind => *count += 1,
            _ => kinds.push((difference.kind, 1)),
        }
    }
    let words = kinds
        .iter()
        .map(|(kind, count)| format!("{} ({count})", kind.as_str()));
    let words: Vec<String> = words.collect();
    let error = comparison.error_bps.map_or_else(
        || "the error of the value could not be measured".to_owned(),
        |error| format!("the largest error of a value is {error} bp"),
    );
    packs::Outcome::Failed {
        error_bps: comparison.error_bps,
        message: format!(
            "a portfolio's books differ from the ledger in {}; {error}; its owner finds what differs at \
             /v1/portfolios/{portfolio}/reconciliations/{id}",
            words.join(", ")
        ),
    }
}
