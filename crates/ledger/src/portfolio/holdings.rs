use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::rows::PortfolioView;
use crate::arithmetic;

/// What a portfolio holds on a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holdings {
    /// By symbol, in order; those with no units and no open lot are left out.
    pub securities: Vec<Holding>,
    /// By currency, in order; currencies with nothing are left out.
    pub cash: Vec<CashBalance>,
}

/// Units of one security.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holding {
    /// The security.
    pub symbol: String,
    /// Units, those of lots and those without cost.
    pub quantity: Decimal,
    /// What the open units cost, by currency; empty if no lot is open.
    pub cost_basis: Vec<CostBasis>,
    /// How many lots are open.
    pub open_lots: usize,
}

/// A cost in one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct CostBasis {
    /// The cost.
    pub amount: Decimal,
    /// Its currency.
    pub currency: String,
}

/// Cash in one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct CashBalance {
    /// The currency.
    pub currency: String,
    /// How much, negative for a debt.
    pub amount: Decimal,
}

impl PortfolioView {
    /// What is held at the end of a day, or after the last entry. `None` if a sum is too large to be
    /// held exactly.
    pub fn holdings(&self, asof: Option<NaiveDate>) -> Option<Holdings> {
        let until = |date: NaiveDate| asof.is_none_or(|asof| date <= asof);
        let mut securities: BTreeMap<&str, Holding> = BTreeMap::new();
        let mut cash: BTreeMap<&str, Decimal> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| until(entry.trade_date)) {
            let balance = cash.entry(&entry.currency).or_default();
            *balance = arithmetic::add(*balance, entry.amount)?;
            if let Some(symbol) = &entry.symbol {
                let holding = securities.entry(symbol).or_default();
                holding.quantity = arithmetic::add(holding.quantity, entry.quantity)?;
            }
        }
        let mut open = vec![Decimal::ZERO; self.lots.len()];
        for opening in self
            .openings
            .iter()
            .filter(|opening| until(opening.opened_on))
        {
            open[opening.lot] = arithmetic::add(open[opening.lot], opening.quantity)?;
        }
        for closure in self
            .closures
            .iter()
            .filter(|closure| until(closure.closed_on))
        {
            open[closure.lot] = arithmetic::subtract(open[closure.lot], closure.quantity)?;
        }
        for (lot, open) in self
            .lots
            .iter()
            .zip(open)
            .filter(|(_, open)| !open.is_zero())
        {
            let holding = securities.entry(&lot.symbol).or_default();
            holding.open_lots += 1;
            let cost = arithmetic::multiply(open, lot.unit_cost)?;
            holding.add_cost(cost, &lot.cost_currency)?;
        }
        let securities = securities
            .into_iter()
            .filter(|(_, holding)| !holding.quantity.is_zero() || holding.open_lots > 0)
            .map(|(symbol, holding)| Holding {
                symbol: symbol.to_owned(),
                ..holding
            })
            .collect();
        let cash = cash
            .into_iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(currency, amount)| CashBalance {
                currency: currency.to_owned(),
                amount,
            })
            .collect();
        Some(Holdings { securities, cash })
    }
}

impl Holding {
    fn add_cost(&mut self, cost: Decimal, currency: &str) -> Option<()> {
        match self
            .cost_basis
            .iter_mut()
            .find(|known| known.currency == currency)
        {
            Some(known) => known.amount = arithmetic::add(known.amount, cost)?,
            None => {
                self.cost_basis.push(CostBasis {
                    amount: cost,
                    currency: currency.to_owned(),
                });
            }
        }
        Some(())
    }
}
