//! Positions, cash and totals of one portfolio at one pack's prices, exactly.
//!
//! Market value is quantity × price × rate; unrealized gain is market value − cost basis; weight is
//! market value ÷ (market value of all positions + cash). Everything is in the base currency unless
//! it says otherwise. Products keep all their digits (up to 28); the two quotients are rounded to
//! [`RATIO_DECIMALS`].

mod warning;

use books::holdings::{CashBalance, Holding, Holdings, SecurityRef};
use chrono::NaiveDate;
use entity::values::{Money, Price, Quantity, Rate, Ratio};
use pricing::quotes::{Conversion, Quotes};
use rust_decimal::{Decimal, RoundingStrategy};

pub use warning::Warning;
use warning::{no_cost_rate, no_price, no_rate};

use crate::Error;

/// Decimals of a ratio; half to even, as ISO 80000-1 annex B prefers for repeated rounding.
pub const RATIO_DECIMALS: u32 = 12;

/// What a portfolio is worth on a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valuation {
    pub base_currency: String,
    pub asof_date: NaiveDate,
    pub items: Vec<Position>,
    pub cash: Vec<CashPosition>,
    pub totals: Totals,
    pub warnings: Vec<Warning>,
}

/// One security, valued. A figure that lacks a price, a rate or a cost is `None`, never zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub security: SecurityRef,
    pub quantity: Quantity,
    /// In `price_currency`, for one unit.
    pub price: Option<Price>,
    pub price_currency: Option<String>,
    /// Base currency units for one of `price_currency`.
    pub fx_rate: Option<Rate>,
    /// The currencies that the rate goes through, both ends among them, where it goes through a third.
    pub fx_path: Option<[String; 3]>,
    pub market_value: Option<Money>,
    pub cost_basis: Option<Money>,
    pub unrealized_gain: Option<Money>,
    /// Gain ÷ cost; `None` where the cost is zero or unknown.
    pub unrealized_gain_ratio: Option<Ratio>,
    pub weight: Option<Ratio>,
    pub open_lots: usize,
}

/// Cash in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CashPosition {
    pub currency: String,
    pub amount: Money,
    /// In base currency; `None` where there is no rate.
    pub value: Option<Money>,
    /// As [`Position::fx_path`].
    pub fx_path: Option<[String; 3]>,
}

/// Sums over what could be valued; positions without a price and cash without a rate are left out,
/// and each has a warning. `unrealized_gain` sums the positions that have both a value and a cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub market_value: Money,
    pub cash: Money,
    pub cost_basis: Money,
    pub unrealized_gain: Money,
}

impl Totals {
    /// Positions and cash together.
    pub fn whole(self) -> Result<Money, Error> {
        let whole = self.market_value.checked_add(self.cash);
        whole.map_err(Error::overflow("the total"))
    }
}

/// Values holdings with quotes.
pub fn value(holdings: &Holdings, quotes: &Quotes) -> Result<Valuation, Error> {
    let base = holdings.base_currency.as_str();
    let mut warnings = Vec::new();
    let mut items = Vec::with_capacity(holdings.securities.len());
    for holding in &holdings.securities {
        items.push(value_holding(holding, base, quotes, &mut warnings)?);
    }
    let mut cash = Vec::with_capacity(holdings.cash.len());
    for balance in &holdings.cash {
        cash.push(value_cash(balance, base, quotes, &mut warnings)?);
    }
    let totals = sum(&items, &cash)?;
    weigh(&mut items, totals)?;
    Ok(Valuation {
        base_currency: base.to_owned(),
        asof_date: holdings.asof_date,
        items,
        cash,
        totals,
        warnings,
    })
}

/// [`Totals::whole`] of [`value`], for who needs nothing else.
pub fn worth(holdings: &Holdings, quotes: &Quotes) -> Result<Money, Error> {
    let base = holdings.base_currency.as_str();
    let mut totals = Totals::default();
    for holding in &holdings.securities {
        let quote = quotes.price(&holding.security.symbol);
        let rate = quote.and_then(|quote| quotes.rate(quote.currency, base));
        if let (Some(quote), Some(rate)) = (quote, rate) {
            add(
                &mut totals.market_value,
                market_value(holding, quote.price, rate)?,
            )?;
        }
    }
    for balance in &holdings.cash {
        if let Some(rate) = quotes.rate(&balance.currency, base) {
            add(&mut totals.cash, cash_value(balance, rate)?)?;
        }
    }
    totals.whole()
}

/// Quantity × price × rate, in base currency.
pub(crate) fn market_value(holding: &Holding, price: Price, rate: Rate) -> Result<Money, Error> {
    let symbol = &holding.security.symbol;
    let local = multiply(holding.quantity.decimal(), price.decimal(), symbol)?;
    Ok(Money::new(multiply(local, rate.decimal(), symbol)?))
}

fn cash_value(balance: &CashBalance, rate: Rate) -> Result<Money, Error> {
    let value = multiply(balance.amount.decimal(), rate.decimal(), &balance.currency)?;
    Ok(Money::new(value))
}

fn value_holding(
    holding: &Holding,
    base: &str,
    quotes: &Quotes,
    warnings: &mut Vec<Warning>,
) -> Result<Position, Error> {
    let symbol = &holding.security.symbol;
    let quote = quotes.price(symbol);
    let conversion = quote.and_then(|quote| quotes.conversion(quote.currency, base));
    let fx_rate = conversion.map(|conversion| conversion.rate);
    let market_value = match (&quote, fx_rate) {
        (Some(quote), Some(rate)) => Some(market_value(holding, quote.price, rate)?),
        (Some(quote), None) => {
            let left_out = format!("the value of {symbol} is unknown and is left out");
            warnings.push(no_rate(quotes, quote.currency, base, &left_out));
            None
        }
        (None, _) => {
            warnings.push(no_price(symbol));
            None
        }
    };
    if let Some(currency) = &holding.missing_cost_rate {
        warnings.push(no_cost_rate(symbol, currency, base));
    }
    let unrealized_gain = match (market_value, holding.cost_basis) {
        (Some(value), Some(cost)) => {
            Some(value.checked_sub(cost).map_err(Error::overflow(symbol))?)
        }
        _ => None,
    };
    Ok(Position {
        security: holding.security.clone(),
        quantity: holding.quantity,
        price: quote.as_ref().map(|quote| quote.price),
        price_currency: quote.as_ref().map(|quote| quote.currency.to_owned()),
        fx_rate,
        fx_path: named(conversion),
        market_value,
        cost_basis: holding.cost_basis,
        unrealized_gain,
        unrealized_gain_ratio: unrealized_gain
            .zip(holding.cost_basis)
            .and_then(|(gain, cost)| ratio(gain, cost)),
        weight: None,
        open_lots: holding.open_lots,
    })
}

fn named(conversion: Option<Conversion<'_>>) -> Option<[String; 3]> {
    Some(conversion?.path?.map(str::to_owned))
}

fn value_cash(
    balance: &CashBalance,
    base: &str,
    quotes: &Quotes,
    warnings: &mut Vec<Warning>,
) -> Result<CashPosition, Error> {
    let currency = &balance.currency;
    let conversion = quotes.conversion(currency, base);
    if conversion.is_none() {
        let left_out = format!("the cash in {currency} is left out");
        warnings.push(no_rate(quotes, currency, base, &left_out));
    }
    let value = conversion
        .map(|by| cash_value(balance, by.rate))
        .transpose()?;
    Ok(CashPosition {
        currency: currency.clone(),
        amount: balance.amount,
        value,
        fx_path: named(conversion),
    })
}

fn sum(items: &[Position], cash: &[CashPosition]) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    for item in items {
        if let Some(value) = item.market_value {
            add(&mut totals.market_value, value)?;
            if let Some(cost) = item.cost_basis {
                add(&mut totals.cost_basis, cost)?;
            }
        }
        if let Some(gain) = item.unrealized_gain {
            add(&mut totals.unrealized_gain, gain)?;
        }
    }
    for value in cash.iter().filter_map(|cash| cash.value) {
        add(&mut totals.cash, value)?;
    }
    Ok(totals)
}

fn add(total: &mut Money, part: Money) -> Result<(), Error> {
    *total = total
        .checked_add(part)
        .map_err(Error::overflow("the total"))?;
    Ok(())
}

fn weigh(items: &mut [Position], totals: Totals) -> Result<(), Error> {
    let whole = totals.whole()?;
    for item in items {
        item.weight = item.market_value.and_then(|value| ratio(value, whole));
    }
    Ok(())
}

fn multiply(a: Decimal, b: Decimal, what: &str) -> Result<Decimal, Error> {
    a.checked_mul(b).ok_or_else(|| Error::Overflow {
        what: what.to_owned(),
    })
}

/// `part` ÷ `whole`, rounded; `None` where the whole is zero.
pub fn ratio(part: Money, whole: Money) -> Option<Ratio> {
    let quotient = part.decimal().checked_div(whole.decimal())?;
    Some(Ratio::new(quotient.round_dp_with_strategy(
        RATIO_DECIMALS,
        RoundingStrategy::MidpointNearestEven,
    )))
}

#[cfg(test)]
mod tests;
