//! Sums over lots.

use std::collections::BTreeMap;

use books::gains::GainTotal;
use entity::values::Money;

use super::{Value, ValuedLot};
use crate::Error;

/// Sums in each currency in which lots were paid, and of all in base currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotTotals {
    pub currencies: BTreeMap<String, LotSums>,
    pub base: LotSums,
}

/// Sums over the lots for which each figure is known; `unrealized_gain` over those that have a value and a cost,
/// by whether they were held for more than a year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotSums {
    pub cost_basis: Money,
    pub market_value: Money,
    pub unrealized_gain: GainTotal,
}

pub(super) fn of(items: &[ValuedLot]) -> Result<LotTotals, Error> {
    let mut totals = LotTotals::default();
    for item in items {
        let currency = item.lot.currency.clone();
        let own = totals.currencies.entry(currency).or_default();
        own.add(item.value, item.is_long_term)?;
        totals.base.add(item.value_base, item.is_long_term)?;
    }
    Ok(totals)
}

impl LotSums {
    fn add(&mut self, value: Value, is_long_term: bool) -> Result<(), Error> {
        add(&mut self.cost_basis, value.cost_basis)?;
        add(&mut self.market_value, value.market_value)?;
        let gain = if is_long_term {
            &mut self.unrealized_gain.long_term
        } else {
            &mut self.unrealized_gain.short_term
        };
        add(gain, value.unrealized_gain)
    }
}

fn add(sum: &mut Money, part: Option<Money>) -> Result<(), Error> {
    if let Some(part) = part {
        *sum = sum
            .checked_add(part)
            .map_err(Error::overflow("all lots together"))?;
    }
    Ok(())
}
