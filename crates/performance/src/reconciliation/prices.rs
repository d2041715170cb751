//! What one side knows of prices and rates.

use books::holdings::Holding;
use chrono::NaiveDate;
use entity::values::{Money, Rate};
use ledger::Ledger;
use pricing::quotes::Quotes;

use crate::{Error, valuation};

/// The prices and rates of one side. Where a rate is found neither directly nor inverted, the currencies
/// through which it may be found are tried in their order.
#[derive(Clone, Debug)]
pub struct Prices {
    /// The same quotes, once for each of those currencies.
    by_pivot: Vec<Quotes>,
}

impl Prices {
    /// Those of a pack, as a valuation uses them.
    pub fn of_pack(quotes: Quotes) -> Self {
        Self {
            by_pivot: vec![quotes],
        }
    }

    /// The newest of a ledger's own `price` directives on or before `asof`. It converts through its
    /// operating currencies, then through that of the pack's policy.
    pub fn of_ledger(ledger: &Ledger, asof: NaiveDate, policy: &str) -> Self {
        let content = pricing::build::content_of_ledger(ledger, asof, policy);
        let quotes = Quotes::from_content(&content);
        let mut pivots = ledger.operating_currencies.clone();
        if !pivots.contains(&quotes.pivot) {
            pivots.push(quotes.pivot.clone());
        }
        let through = |pivot| {
            let mut quotes = quotes.clone();
            quotes.pivot = pivot;
            quotes
        };
        Self {
            by_pivot: pivots.into_iter().map(through).collect(),
        }
    }

    /// Units of `base` for one of `currency`.
    pub fn rate(&self, currency: &str, base: &str) -> Option<Rate> {
        let mut rates = self.by_pivot.iter();
        rates.find_map(|quotes| quotes.rate(currency, base))
    }

    /// What is held is worth in `base`; `None` where its price or a rate is missing.
    pub fn value(&self, holding: &Holding, base: &str) -> Result<Option<Money>, Error> {
        let symbol = &holding.security.symbol;
        let quote = self
            .by_pivot
            .first()
            .and_then(|quotes| quotes.price(symbol));
        let rate = quote.and_then(|quote| self.rate(quote.currency, base));
        quote
            .zip(rate)
            .map(|(quote, rate)| valuation::market_value(holding, quote.price, rate))
            .transpose()
    }
}
