//! What the rows that two packs do not have alike do to a portfolio's value.
//!
//! The changed rows are taken over one after the other, prices by symbol before rates by pair, and the
//! portfolio is valued after each: a row's effect is by how much the value moved. With `V(Q)` for the
//! value (market value and cash, in base currency) at the quotes `Q`, `Q_0` those of the old pack and
//! `Q_k` those after the first `k` of `n` changed rows,
//!
//! ```text
//! effect_k = V(Q_k) − V(Q_{k−1})        Σ effect_k = V(Q_n) − V(Q_0) = V(new) − V(old)
//! ```
//!
//! so that the parts sum to the whole without any remainder, also where rows appear, vanish, or change
//! the path of a conversion. Where a currency's rate hangs on one changed row it comes to
//!
//! ```text
//! price:  quantity · (new price − old price) · old rate
//! rate:   (Σ quantity · new price + cash) · (new rate − old rate)
//! ```

mod exact;

use books::holdings::{AsOf, Holdings};
use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{books::portfolio, values::Money};
use identity::Ctx;
use pricing::{content::RowKey, packs::PackDiff, quotes::Quotes};

pub use exact::Exact;

use crate::{
    Error,
    valuation::{self, Warning},
};

/// By how much each changed row moved a portfolio's value, in base currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    pub base_currency: String,
    /// The day of the books.
    pub asof_date: NaiveDate,
    pub books_revision: i64,
    /// Positions and cash, as far as the pack can value them.
    pub old_value: Money,
    pub new_value: Money,
    pub change: Exact,
    /// Those that moved the value, in the order in which the rows were taken over.
    pub parts: Vec<Effect>,
    /// What the old and the new value leave out.
    pub old_warnings: Vec<Warning>,
    pub new_warnings: Vec<Warning>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub cause: Cause,
    pub amount: Exact,
}

/// What moved a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    Row(RowKey),
    /// The packs' policies convert through different currencies.
    Pivot,
}

/// What the difference between two packs does to what a portfolio held on `asof`.
///
/// The caller's connection should be one snapshot, so that books and prices agree.
pub async fn effects(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    diff: &PackDiff,
    asof: NaiveDate,
) -> Result<Effects, Error> {
    let asof = AsOf {
        date: asof,
        revision: Some(portfolio.books_revision),
    };
    let holdings = books::holdings::holdings(ctx, db, portfolio, asof).await?;
    let old = pricing::quotes::load(ctx, db, &diff.old).await?;
    let new = pricing::quotes::load(ctx, db, &diff.new).await?;
    let rows = diff.changes.iter().map(|row| &row.key);
    of_rows(&holdings, old, &new, rows)
}

/// As [`effects`], of quotes that differ in `rows` at most.
pub fn of_rows<'r>(
    holdings: &Holdings,
    old: Quotes,
    new: &Quotes,
    rows: impl IntoIterator<Item = &'r RowKey>,
) -> Result<Effects, Error> {
    let before = valuation::value(holdings, &old)?;
    let after = valuation::value(holdings, new)?;
    let mut steps = Steps {
        holdings,
        value: before.totals.whole()?,
        quotes: old,
        parts: Vec::new(),
    };
    let (old_value, new_value) = (steps.value, after.totals.whole()?);
    let mut rows: Vec<&RowKey> = rows
        .into_iter()
        .filter(|row| touches(holdings, row))
        .collect();
    rows.sort_unstable();
    for row in rows {
        steps.quotes.adopt(row, new);
        steps.note(Cause::Row(row.clone()))?;
    }
    if steps.quotes.pivot != new.pivot {
        steps.quotes.pivot.clone_from(&new.pivot);
        steps.note(Cause::Pivot)?;
    }
    Ok(Effects {
        base_currency: holdings.base_currency.clone(),
        asof_date: holdings.asof_date,
        books_revision: holdings.books_revision,
        old_value,
        new_value,
        change: Exact::difference(new_value, old_value, "the change")?,
        parts: steps.parts,
        old_warnings: before.warnings,
        new_warnings: after.warnings,
    })
}

/// A price of what is not held moves nothing; which rates a conversion goes by is found out by trying.
fn touches(holdings: &Holdings, row: &RowKey) -> bool {
    match row {
        RowKey::Price { symbol } => holdings
            .securities
            .iter()
            .any(|holding| holding.security.symbol == *symbol),
        RowKey::Fx { .. } => true,
    }
}

struct Steps<'a> {
    holdings: &'a Holdings,
    quotes: Quotes,
    value: Money,
    parts: Vec<Effect>,
}

impl Steps<'_> {
    fn note(&mut self, cause: Cause) -> Result<(), Error> {
        let value = valuation::worth(self.holdings, &self.quotes)?;
        let amount = Exact::difference(value, self.value, "the effect of a row")?;
        self.value = value;
        if !amount.is_zero() {
            self.parts.push(Effect { cause, amount });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
