use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::values::{Price, PriceAdjustment, Rate};
use iso_currency::Currency;
use ledger::{Ledger, PriceDirective};

use crate::content::{Content, FxRow, PriceRow};

/// The source of every row that comes from a ledger.
pub(super) const SOURCE: &str = "ledger";

/// The newest prices of a ledger as a date moves on through it.
pub(super) struct NewestPrices<'l> {
    to_come: std::iter::Peekable<std::vec::IntoIter<(Use, &'l PriceDirective)>>,
    /// By security, then by the currency of the price.
    of_securities: BTreeMap<&'l str, BTreeMap<&'l str, &'l PriceDirective>>,
    /// By the two currencies in the order of their names.
    of_currencies: BTreeMap<(&'l str, &'l str), &'l PriceDirective>,
}

#[derive(Clone, Copy)]
enum Use {
    SecurityPrice,
    FxRate,
}

impl<'l> NewestPrices<'l> {
    /// Before the first date of the ledger.
    pub fn new(ledger: &'l Ledger, is_security: impl Fn(&str) -> bool) -> Self {
        let use_of = |price: &PriceDirective| {
            if price.commodity == price.currency || !is_currency(&price.currency) {
                None
            } else if is_security(&price.commodity) || !is_currency(&price.commodity) {
                Some(Use::SecurityPrice)
            } else {
                Some(Use::FxRate)
            }
        };
        let to_come: Vec<_> = ledger
            .prices
            .iter()
            .filter_map(|price| Some((use_of(price)?, price)))
            .collect();
        Self {
            to_come: to_come.into_iter().peekable(),
            of_securities: BTreeMap::new(),
            of_currencies: BTreeMap::new(),
        }
    }

    /// Takes in what was written up to and on a date; of several on one day the last counts.
    pub fn advance_to(&mut self, date: NaiveDate) {
        while let Some((used, price)) = self.to_come.next_if(|(_, price)| price.date <= date) {
            let (commodity, currency) = (price.commodity.as_str(), price.currency.as_str());
            match used {
                Use::SecurityPrice => {
                    self.of_securities
                        .entry(commodity)
                        .or_default()
                        .insert(currency, price);
                }
                Use::FxRate => {
                    let pair = (commodity.min(currency), commodity.max(currency));
                    self.of_currencies.insert(pair, price);
                }
            }
        }
    }

    /// The content of a pack on the date reached. `wanted` says of a security whether it is in the
    /// pack, and which currency its price should be in if there is a choice.
    pub fn content<'c>(
        &self,
        asof_date: NaiveDate,
        policy: &str,
        wanted: impl Fn(&str) -> Option<Option<&'c str>>,
    ) -> Content {
        let price_of = |(symbol, by_currency): (&&str, &BTreeMap<&str, &'l PriceDirective>)| {
            let preferred = wanted(symbol)?.and_then(|currency| by_currency.get(currency));
            let newest = || by_currency.values().max_by_key(|price| price.date);
            price_row(preferred.or_else(newest)?)
        };
        Content {
            asof_date,
            policy: policy.to_owned(),
            prices: self.of_securities.iter().filter_map(price_of).collect(),
            fx_rates: self
                .of_currencies
                .values()
                .filter_map(|price| fx_row(price))
                .collect(),
        }
    }
}

fn price_row(directive: &PriceDirective) -> Option<PriceRow> {
    let close = Price::new(directive.amount);
    close.is_positive().then(|| PriceRow {
        symbol: directive.commodity.clone(),
        close,
        currency: directive.currency.clone(),
        open: None,
        high: None,
        low: None,
        volume: None,
        source: SOURCE.to_owned(),
        adjustment: PriceAdjustment::Raw,
    })
}

fn fx_row(directive: &PriceDirective) -> Option<FxRow> {
    let rate = Rate::new(directive.amount);
    rate.is_positive().then(|| FxRow {
        base: directive.commodity.clone(),
        quote: directive.currency.clone(),
        rate,
        source: SOURCE.to_owned(),
    })
}

/// Whether ISO 4217 lists it as money: not as a metal, a fund or a test.
fn is_currency(symbol: &str) -> bool {
    Currency::from_code(symbol).is_some_and(|code| !code.is_special() && !code.is_fund())
}

/// What was ever held at cost, with the currency that it last cost. This tells a security from a
/// currency of the same three letters: BAM is Brookfield and Bosnia's mark.
pub(super) fn cost_currencies(ledger: &Ledger) -> HashMap<&str, &str> {
    let postings = ledger
        .transactions
        .iter()
        .flat_map(|transaction| &transaction.postings);
    postings
        .filter_map(|posting| {
            let cost = posting.cost.as_ref()?;
            Some((
                ledger.currency(posting.currency),
                ledger.currency(cost.currency),
            ))
        })
        .collect()
}
