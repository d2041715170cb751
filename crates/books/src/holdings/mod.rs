//! What a portfolio holds on a date: securities with what they cost, and cash.

mod assemble;
mod ledger;
mod load;
mod recorded;

use chrono::NaiveDate;
use entity::{
    books::security,
    values::{Money, Quantity, SecurityId, SecurityKind},
};

pub use ledger::from_ledger;
pub use load::holdings;
pub(crate) use recorded::was_known;

/// Which books are meant: those up to a date, as they were known at a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Transactions of this date are still in.
    pub date: NaiveDate,
    /// Rows of later revisions are left out; `None` for the portfolio's newest.
    pub revision: Option<i64>,
}

/// What is needed of a security to show and group its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityRef {
    /// `None` where the holdings come from a ledger alone.
    pub id: Option<SecurityId>,
    pub symbol: String,
    pub name: String,
    pub kind: SecurityKind,
    /// The currency of its prices.
    pub currency: String,
    pub sector: Option<String>,
    pub country: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    pub security: SecurityRef,
    /// Negative for a short.
    pub quantity: Quantity,
    /// Of the open lots, in the base currency at each lot's own exchange rate. `None` if no lot is
    /// open, or if a rate is missing.
    pub cost_basis: Option<Money>,
    /// The currency whose rate was missing.
    pub missing_cost_rate: Option<String>,
    pub open_lots: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CashBalance {
    pub currency: String,
    pub amount: Money,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    pub base_currency: String,
    pub asof_date: NaiveDate,
    /// The revision of the books that this was read from; 0 for a ledger alone.
    pub books_revision: i64,
    /// By symbol: those with units or open lots.
    pub securities: Vec<Holding>,
    /// By currency, balances of zero left out.
    pub cash: Vec<CashBalance>,
}

impl From<security::Model> for SecurityRef {
    fn from(row: security::Model) -> Self {
        Self {
            id: Some(row.id),
            symbol: row.symbol,
            name: row.name,
            kind: row.kind,
            currency: row.currency,
            sector: row.sector,
            country: row.country,
        }
    }
}
