use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::arithmetic;

/// One `price` directive.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceDirective {
    /// The day it holds from.
    pub date: NaiveDate,
    /// What is priced.
    pub commodity: String,
    /// The price of one unit.
    pub amount: Decimal,
    /// In this currency.
    pub currency: String,
    /// Index of the file, see [`crate::Ledger::file`].
    pub file: u32,
    /// Line of the directive, the first is 1.
    pub line: u32,
}

/// Rates by pair, each in the order of dates with the last of a day.
#[derive(Debug, Default)]
pub(crate) struct PriceIndex(HashMap<String, HashMap<String, Vec<(NaiveDate, Decimal)>>>);

impl PriceIndex {
    /// Indexes directives that are in the order of dates.
    pub(crate) fn new(prices: &[PriceDirective]) -> Self {
        let mut index = Self::default();
        for price in prices {
            index.push(&price.commodity, &price.currency, price.date, price.amount);
            if let Some(inverse) = arithmetic::divide(Decimal::ONE, price.amount) {
                index.push(&price.currency, &price.commodity, price.date, inverse);
            }
        }
        index
    }

    fn push(&mut self, base: &str, quote: &str, date: NaiveDate, rate: Decimal) {
        if !self.0.contains_key(base) {
            self.0.insert(base.to_owned(), HashMap::new());
        }
        let Some(quotes) = self.0.get_mut(base) else {
            return;
        };
        if !quotes.contains_key(quote) {
            quotes.insert(quote.to_owned(), Vec::new());
        }
        let Some(rates) = quotes.get_mut(quote) else {
            return;
        };
        match rates.last_mut() {
            Some(last) if last.0 == date => last.1 = rate,
            _ => rates.push((date, rate)),
        }
    }

    /// The newest rate on or before a day.
    pub(crate) fn on(
        &self,
        base: &str,
        quote: &str,
        date: NaiveDate,
    ) -> Option<(NaiveDate, Decimal)> {
        let rates = self.0.get(base)?.get(quote)?;
        let after = rates.partition_point(|(day, _)| *day <= date);
        rates.get(after.checked_sub(1)?).copied()
    }

    /// The currency of the newest rate of a commodity.
    pub(crate) fn newest_quote(&self, base: &str) -> Option<&str> {
        let quotes = self.0.get(base)?;
        let newest = quotes
            .iter()
            .filter_map(|(quote, rates)| Some((rates.last()?.0, quote)));
        newest.max().map(|(_, quote)| quote.as_str())
    }
}
