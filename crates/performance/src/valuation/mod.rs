//! Positions, cash and totals of one portfolio at one pack's prices, exactly.
//!
//! Market value is quantity × price × rate; unrealized gain is market value − cost basis; weight is
//! market value ÷ (market value of all positions + cash). Everything is in the base currency unless
//! it says otherwise. Products keep all their digits (up to 28); the two quotients are rounded to
//! [`RATIO_DECIMALS`].

use books::holdings::{CashBalance, Holding, Holdings, SecurityRef};
use chrono::NaiveDate;
use entity::values::{Money, Price, Quantity, Rate, Ratio};
use pricing::quotes::Quotes;
use rust_decimal::{Decimal, RoundingStrategy};

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

/// Something that the figures leave out, in a stable word and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub code: &'static str,
    pub detail: String,
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

fn value_holding(
    holding: &Holding,
    base: &str,
    quotes: &Quotes,
    warnings: &mut Vec<Warning>,
) -> Result<Position, Error> {
    let symbol = &holding.security.symbol;
    let quote = quotes.price(symbol);
    let fx_rate = quote
        .as_ref()
        .and_then(|quote| quotes.rate(quote.currency, base));
    let market_value = match (&quote, fx_rate) {
        (Some(quote), Some(rate)) => {
            let local = multiply(holding.quantity.decimal(), quote.price.decimal(), symbol)?;
            Some(Money::new(multiply(local, rate.decimal(), symbol)?))
        }
        (Some(quote), None) => {
            warnings.push(no_rate(symbol, quote.currency, base, "value"));
            None
        }
        (None, _) => {
            warnings.push(Warning {
                code: "price_missing",
                detail: format!(
                    "{symbol} has no price in the pack: its value is unknown and is left out of \
                     the totals"
                ),
            });
            None
        }
    };
    if let Some(currency) = &holding.missing_cost_rate {
        warnings.push(no_rate(symbol, currency, base, "cost"));
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

fn no_rate(symbol: &str, from: &str, base: &str, what: &str) -> Warning {
    Warning {
        code: "fx_rate_missing",
        detail: format!(
            "there is no rate from {from} to {base}: the {what} of {symbol} is unknown and is left \
             out of the totals"
        ),
    }
}

fn value_cash(
    balance: &CashBalance,
    base: &str,
    quotes: &Quotes,
    warnings: &mut Vec<Warning>,
) -> Result<CashPosition, Error> {
    let currency = &balance.currency;
    let rate = quotes.rate(currency, base);
    if rate.is_none() {
        warnings.push(Warning {
            code: "fx_rate_missing",
            detail: format!(
                "there is no rate from {currency} to {base}: the cash in {currency} is left out \
                 of the totals"
            ),
        });
    }
    let value = rate
        .map(|rate| multiply(balance.amount.decimal(), rate.decimal(), currency))
        .transpose()?
        .map(Money::new);
    Ok(CashPosition {
        currency: currency.clone(),
        amount: balance.amount,
        value,
    })
}

fn sum(items: &[Position], cash: &[CashPosition]) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    let add = |total: &mut Money, part: Money| -> Result<(), Error> {
        *total = total
            .checked_add(part)
            .map_err(Error::overflow("the total"))?;
        Ok(())
    };
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

fn weigh(items: &mut [Position], totals: Totals) -> Result<(), Error> {
    let whole = totals
        .market_value
        .checked_add(totals.cash)
        .map_err(Error::overflow("the total"))?;
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
