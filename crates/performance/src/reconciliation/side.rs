//! One of the two sides: what it holds, what that cost, and what it is worth by its own records.

use std::collections::BTreeMap;

use books::holdings::Holdings;
use entity::values::{Money, Rate};
use num_bigint::BigInt;
use rust_decimal::Decimal;

use super::{
    exact::{AtCost, whole},
    movement::Movement,
    prices::Prices,
};
use crate::Error;

/// A security, and the currency of a cost.
pub type CostKey = (String, String);

#[derive(Clone, Debug)]
pub struct Side {
    /// Units by symbol.
    pub quantities: BTreeMap<String, Decimal>,
    /// What is left of what came in at a cost.
    pub at_cost: BTreeMap<CostKey, AtCost>,
    pub cash: BTreeMap<String, Decimal>,
    values: BTreeMap<String, Option<Money>>,
    pub base_currency: String,
    prices: Prices,
}

/// What a security is worth to one side, in base currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    NotHeld,
    /// A price or a rate is missing.
    Unknown,
    Known(Money),
}

impl Side {
    /// `movements` are those that led to `holdings`.
    pub fn new(holdings: &Holdings, movements: &[Movement], prices: Prices) -> Result<Self, Error> {
        let base = holdings.base_currency.as_str();
        let mut values = BTreeMap::new();
        for holding in &holdings.securities {
            let symbol = holding.security.symbol.clone();
            values.insert(symbol, prices.value(holding, base)?);
        }
        let quantity = |holding: &books::holdings::Holding| {
            let symbol = holding.security.symbol.clone();
            (symbol, holding.quantity.decimal())
        };
        let balance = |balance: &books::holdings::CashBalance| {
            (balance.currency.clone(), balance.amount.decimal())
        };
        Ok(Self {
            quantities: holdings.securities.iter().map(quantity).collect(),
            at_cost: at_cost(movements),
            cash: holdings.cash.iter().map(balance).collect(),
            values,
            base_currency: base.to_owned(),
            prices,
        })
    }

    pub fn worth(&self, symbol: &str) -> Worth {
        match self.values.get(symbol) {
            None => Worth::NotHeld,
            Some(None) => Worth::Unknown,
            Some(Some(value)) => Worth::Known(*value),
        }
    }

    /// Units of base currency for one of `currency`.
    pub fn rate(&self, currency: &str) -> Option<Rate> {
        self.prices.rate(currency, &self.base_currency)
    }

    pub fn cash_of(&self, currency: &str) -> Decimal {
        self.cash.get(currency).copied().unwrap_or_default()
    }
}

fn at_cost(movements: &[Movement]) -> BTreeMap<CostKey, AtCost> {
    let mut sums: BTreeMap<CostKey, AtCost> = BTreeMap::new();
    for change in movements.iter().flat_map(|movement| &movement.lots) {
        let key = (change.security.clone(), change.currency.clone());
        let sum = sums.entry(key).or_default();
        sum.units += whole(change.units);
        sum.cost += whole(change.cost);
    }
    sums.retain(|_, left| left.units != BigInt::ZERO);
    sums
}
