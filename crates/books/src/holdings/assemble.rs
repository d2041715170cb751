//! From movements and lots to holdings, wherever they were read.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

use chrono::NaiveDate;
use entity::values::{Money, Price, Quantity, Rate};
use rust_decimal::Decimal;

use super::{CashBalance, Holding, SecurityRef};
use crate::{Error, amounts};

/// The terms of a portfolio's sums; `K` tells securities apart, `C` is a currency's code.
#[derive(Debug)]
pub(super) struct Terms<K, C> {
    securities: HashMap<K, SecurityTerms>,
    cash: BTreeMap<C, Vec<Decimal>>,
}

#[derive(Debug, Default)]
struct SecurityTerms {
    quantities: Vec<Decimal>,
    lots: HashMap<LotKey, Vec<Decimal>>,
}

/// What makes units one lot, on however many occasions they were bought.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LotKey {
    pub acquired_on: NaiveDate,
    pub unit_cost: Price,
    pub cost_currency: String,
    pub label: Option<String>,
    pub fx_rate: Option<Rate>,
}

impl<K: Copy + Eq + Hash, C: Ord + Into<String>> Terms<K, C> {
    pub(super) fn new() -> Self {
        Self {
            securities: HashMap::new(),
            cash: BTreeMap::new(),
        }
    }

    pub(super) fn add_units(&mut self, security: K, quantities: impl IntoIterator<Item = Decimal>) {
        self.securities
            .entry(security)
            .or_default()
            .quantities
            .extend(quantities);
    }

    pub(super) fn add_cash(&mut self, currency: C, amounts: impl IntoIterator<Item = Decimal>) {
        self.cash.entry(currency).or_default().extend(amounts);
    }

    /// Units that came into a lot, or those that left it, negated.
    pub(super) fn add_to_lot(
        &mut self,
        security: K,
        lot: LotKey,
        changes: impl IntoIterator<Item = Decimal>,
    ) {
        let lots = &mut self.securities.entry(security).or_default().lots;
        lots.entry(lot).or_default().extend(changes);
    }

    /// The securities that are held, before they have names.
    pub(super) fn held(&mut self) -> Result<Vec<(K, Held)>, Error> {
        let mut held = Vec::new();
        for (security, terms) in self.securities.drain() {
            let sums = terms.total()?;
            if !sums.quantity.is_zero() || sums.open_lots > 0 {
                held.push((security, sums));
            }
        }
        Ok(held)
    }

    pub(super) fn balances(self) -> Result<Vec<CashBalance>, Error> {
        balances(self.cash)
    }
}

/// The sums of what moved in each currency, zeros left out.
pub(super) fn balances<C: Into<String>>(
    cash: impl IntoIterator<Item = (C, Vec<Decimal>)>,
) -> Result<Vec<CashBalance>, Error> {
    let mut balances = Vec::new();
    for (currency, terms) in cash {
        let amount = Money::new(amounts::sum(terms)?);
        if !amount.is_zero() {
            balances.push(CashBalance {
                currency: currency.into(),
                amount,
            });
        }
    }
    Ok(balances)
}

/// The sums of one security.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub quantity: Quantity,
    pub cost_basis: Option<Money>,
    pub missing_cost_rate: Option<String>,
    pub open_lots: usize,
}

impl SecurityTerms {
    fn total(self) -> Result<Held, Error> {
        let mut held = Held {
            quantity: Quantity::new(amounts::sum(self.quantities)?),
            ..Held::default()
        };
        let mut costs = Vec::new();
        for (lot, changes) in self.lots {
            let open = amounts::sum(changes)?;
            if open.is_zero() {
                continue;
            }
            held.open_lots += 1;
            if let Some(rate) = lot.fx_rate {
                let cost = amounts::product(open, lot.unit_cost.decimal())?;
                costs.push(amounts::product(cost, rate.decimal())?);
            } else if held
                .missing_cost_rate
                .as_ref()
                .is_none_or(|c| lot.cost_currency < *c)
            {
                held.missing_cost_rate = Some(lot.cost_currency);
            }
        }
        if held.open_lots > 0 && held.missing_cost_rate.is_none() {
            held.cost_basis = Some(Money::new(amounts::sum(costs)?));
        }
        Ok(held)
    }
}

impl Held {
    pub(super) fn of(self, security: SecurityRef) -> Holding {
        Holding {
            security,
            quantity: self.quantity,
            cost_basis: self.cost_basis,
            missing_cost_rate: self.missing_cost_rate,
            open_lots: self.open_lots,
        }
    }
}
