use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::arithmetic;
use crate::names::{AccountId, CurrencyId};

/// A booked transaction: every amount is known, every reduction names the lots that it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// The day it happened.
    pub date: NaiveDate,
    /// `*`, `!`, another of Beancount's flags, or `P` for one that a `pad` made.
    pub flag: char,
    /// With whom.
    pub payee: Option<String>,
    /// What for.
    pub narration: Option<String>,
    /// Sorted, without `#`.
    pub tags: Vec<String>,
    /// Sorted, without `^`.
    pub links: Vec<String>,
    /// In the order written; a posting that takes several lots appears once for each.
    pub postings: Vec<Posting>,
    /// Index of the file, see [`crate::Ledger::file`].
    pub file: u32,
    /// Line of its date, the first is 1.
    pub line: u32,
}

/// A change of one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Posting {
    /// Which account.
    pub account: AccountId,
    /// How many units come in, negative for out.
    pub units: Decimal,
    /// Of what.
    pub currency: CurrencyId,
    /// The lot that is added to, or taken from.
    pub cost: Option<Cost>,
    /// The price of one unit.
    pub price: Option<Price>,
    /// Line in the transaction's file, the first is 1.
    pub line: u32,
    /// Its own flag.
    pub flag: Option<char>,
    /// Whether the number of units was not written but follows from the other postings.
    pub interpolated: bool,
}

/// What one unit of a lot cost, and which lot it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cost {
    /// Per unit, never negative.
    pub number: Decimal,
    /// In this currency.
    pub currency: CurrencyId,
    /// When it was acquired.
    pub date: NaiveDate,
    /// The name it was given.
    pub label: Option<Arc<str>>,
}

/// The price of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Per unit, never negative.
    pub number: Decimal,
    /// In this currency.
    pub currency: CurrencyId,
}

impl Posting {
    /// What the posting counts in its transaction's balance: at cost if it has one, else at price,
    /// else its units. `None` where the product has more digits than can be held.
    pub fn weight(&self) -> Option<(CurrencyId, Decimal)> {
        match (&self.cost, &self.price) {
            (Some(cost), _) => Some((
                cost.currency,
                arithmetic::multiply(self.units, cost.number)?,
            )),
            (None, Some(price)) => Some((
                price.currency,
                arithmetic::multiply(self.units, price.number)?,
            )),
            (None, None) => Some((self.currency, self.units)),
        }
    }
}
