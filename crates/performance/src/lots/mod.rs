//! Open lots at one pack's prices: what each is worth, and what it would gain.
//!
//! Market value is quantity × price × rate, once in the currency in which the lot was paid and once in the base
//! currency; the unrealized gain is market value − cost, each in its own currency: the cost in base currency is
//! at the rate of the acquisition, so that the gain there has its part from the exchange rate.

mod totals;

use books::{booked::BookedLots, booking::OpenLot, gains::is_long_term, holdings::SecurityRef};
use chrono::NaiveDate;
use entity::values::{Money, Price, SecurityId};
use pricing::quotes::{Quote, Quotes};

pub use totals::{LotSums, LotTotals};

use crate::{
    Error,
    valuation::{Warning, multiply, no_cost_rate, no_price, no_rate},
};

/// Open lots, valued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuedLots {
    /// In the order of the lots.
    pub items: Vec<ValuedLot>,
    /// Of all of them.
    pub totals: LotTotals,
    /// What the totals leave out.
    pub warnings: Vec<Warning>,
}

/// One open lot. A figure that lacks a price, a rate or a cost is `None`, never zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuedLot {
    pub security: SecurityId,
    pub lot: OpenLot,
    /// From the acquisition to the day of the valuation; 0 for what is acquired later.
    pub holding_days: i64,
    /// Whether a sale on the day of the valuation would be one after more than a year.
    pub is_long_term: bool,
    /// In `price_currency`, for one unit.
    pub price: Option<Price>,
    pub price_currency: Option<String>,
    /// In the lot's currency.
    pub value: Value,
    /// In base currency.
    pub value_base: Value,
}

/// What a lot is worth and gains, in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Value {
    pub cost_basis: Option<Money>,
    pub market_value: Option<Money>,
    pub unrealized_gain: Option<Money>,
}

/// Values lots with quotes; without any, their values are unknown.
///
/// # Errors
/// [`Error::Overflow`]
pub fn value(
    lots: &BookedLots,
    quotes: Option<&Quotes>,
    base: &str,
    asof: NaiveDate,
) -> Result<ValuedLots, Error> {
    let mut items = Vec::with_capacity(lots.open.len());
    let mut warnings = Warnings::default();
    for (security, lot) in &lots.open {
        let known = lots.securities.get(security);
        let item = value_lot(*security, lot, known, quotes, base, asof)?;
        if let Some(known) = known {
            warnings.add(&item, known, quotes, base);
        }
        items.push(item);
    }
    Ok(ValuedLots {
        totals: totals::of(&items)?,
        items,
        warnings: warnings.list,
    })
}

fn value_lot(
    security: SecurityId,
    lot: &OpenLot,
    known: Option<&SecurityRef>,
    quotes: Option<&Quotes>,
    base: &str,
    asof: NaiveDate,
) -> Result<ValuedLot, Error> {
    let symbol = known.map_or("", |known| known.symbol.as_str());
    let quote = quotes.and_then(|quotes| quotes.price(symbol));
    let worth = |currency: &str| match (quotes, quote) {
        (Some(quotes), Some(quote)) => worth(lot, quotes, quote, currency, symbol),
        _ => Ok(None),
    };
    Ok(ValuedLot {
        security,
        holding_days: (asof - lot.acquired_on).num_days().max(0),
        is_long_term: is_long_term(lot.acquired_on, asof),
        price: quote.map(|quote| quote.price),
        price_currency: quote.map(|quote| quote.currency.to_owned()),
        value: Value::of(Some(Money::new(lot.cost)), worth(&lot.currency)?, symbol)?,
        value_base: Value::of(lot.cost_base.map(Money::new), worth(base)?, symbol)?,
        lot: lot.clone(),
    })
}

fn worth(
    lot: &OpenLot,
    quotes: &Quotes,
    quote: Quote<'_>,
    currency: &str,
    symbol: &str,
) -> Result<Option<Money>, Error> {
    let Some(rate) = quotes.rate(quote.currency, currency) else {
        return Ok(None);
    };
    let own = multiply(lot.quantity, quote.price.decimal(), symbol)?;
    Ok(Some(Money::new(multiply(own, rate.decimal(), symbol)?)))
}

impl Value {
    fn of(
        cost_basis: Option<Money>,
        market_value: Option<Money>,
        symbol: &str,
    ) -> Result<Self, Error> {
        let both = market_value.zip(cost_basis);
        let gain = both.map(|(value, cost)| value.checked_sub(cost));
        Ok(Self {
            cost_basis,
            market_value,
            unrealized_gain: gain.transpose().map_err(Error::overflow(symbol))?,
        })
    }
}

/// What is missing, told once.
#[derive(Default)]
struct Warnings {
    list: Vec<Warning>,
}

impl Warnings {
    fn add(
        &mut self,
        item: &ValuedLot,
        security: &SecurityRef,
        quotes: Option<&Quotes>,
        base: &str,
    ) {
        let symbol = &security.symbol;
        if item.value_base.cost_basis.is_none() {
            self.tell(no_cost_rate(symbol, &item.lot.currency, base));
        }
        let Some(quotes) = quotes else {
            return;
        };
        let Some(from) = &item.price_currency else {
            return self.tell(no_price(symbol));
        };
        let left_out = format!("the value of {symbol} is unknown and is left out");
        for (value, to) in [(item.value, &*item.lot.currency), (item.value_base, base)] {
            if value.market_value.is_none() {
                self.tell(no_rate(quotes, from, to, &left_out));
            }
        }
    }

    fn tell(&mut self, warning: Warning) {
        if !self.list.contains(&warning) {
            self.list.push(warning);
        }
    }
}

#[cfg(test)]
mod tests;
