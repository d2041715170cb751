//! What a source is asked for, and what it answers.

use chrono::NaiveDate;

use super::Pair;
use crate::content::{FxRow, PriceRow};

/// What one source is asked for.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Symbols with the currency of their prices.
    pub prices: Vec<(String, String)>,
    /// Each stands for its inverse too.
    pub pairs: Vec<Pair>,
    /// The first day of interest.
    pub from: NaiveDate,
    /// The last one: the pack's own.
    pub asof: NaiveDate,
}

impl Question {
    pub fn currency_of(&self, symbol: &str) -> Option<&str> {
        self.prices
            .iter()
            .find(|(known, _)| known == symbol)
            .map(|(_, currency)| currency.as_str())
    }

    pub fn wants_pair(&self, pair: &Pair) -> bool {
        let undirected = pair.undirected();
        self.pairs
            .iter()
            .any(|wanted| wanted.undirected() == undirected)
    }

    pub fn wants_day(&self, date: NaiveDate) -> bool {
        (self.from..=self.asof).contains(&date)
    }
}

/// What a source has, with the days that its rows are of.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub prices: Vec<(NaiveDate, PriceRow)>,
    pub rates: Vec<(NaiveDate, FxRow)>,
    pub faults: Vec<Fault>,
}

impl Answer {
    pub fn add(&mut self, other: Self) {
        self.prices.extend(other.prices);
        self.rates.extend(other.rates);
        self.faults.extend(other.faults);
    }

    pub fn failed(detail: String) -> Self {
        let fault = Fault {
            about: None,
            detail,
        };
        Self {
            faults: vec![fault],
            ..Self::default()
        }
    }
}

/// What is wrong with an answer or a row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The security or pair that lacks its row for it; `None` where it may be any.
    pub about: Option<String>,
    pub detail: String,
}
