//! Holdings of a ledger that is in no database.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::values::Price;
use ledger::{Ledger, Lot, PortfolioView, SecurityInfo};

use super::{
    Holdings, SecurityRef,
    assemble::{LotKey, Terms},
};
use crate::{Error, rates, securities};

/// What a part of a ledger holds at the end of `asof`: the same figures that an import of it into a
/// portfolio of `base_currency` would give.
pub fn from_ledger(
    ledger: &Ledger,
    view: &PortfolioView,
    asof: NaiveDate,
    base_currency: &str,
) -> Result<Holdings, Error> {
    let mut terms = Terms::new();
    for entry in view.entries.iter().filter(|entry| entry.trade_date <= asof) {
        if let Some(symbol) = &entry.symbol {
            terms.add_units(symbol.as_str(), [entry.quantity]);
        }
        terms.add_cash(entry.currency.as_str(), [entry.amount]);
    }
    let key = |lot: &Lot| LotKey {
        acquired_on: lot.acquired_on,
        unit_cost: Price::new(lot.unit_cost),
        cost_currency: lot.cost_currency.clone(),
        label: lot.label.clone(),
        fx_rate: rates::on(ledger, &lot.cost_currency, base_currency, lot.acquired_on),
    };
    for opening in view
        .openings
        .iter()
        .filter(|opening| opening.opened_on <= asof)
    {
        let lot = &view.lots[opening.lot];
        terms.add_to_lot(lot.symbol.as_str(), key(lot), [opening.quantity]);
    }
    for closure in view
        .closures
        .iter()
        .filter(|closure| closure.closed_on <= asof)
    {
        let lot = &view.lots[closure.lot];
        terms.add_to_lot(lot.symbol.as_str(), key(lot), [-closure.quantity]);
    }
    let known: HashMap<&str, &SecurityInfo> = view
        .securities
        .iter()
        .map(|security| (security.symbol.as_str(), security))
        .collect();
    let held = terms.held()?.into_iter();
    let mut securities: Vec<_> = held
        .filter_map(|(symbol, sums)| Some(sums.of(reference(known.get(symbol)?))))
        .collect();
    securities.sort_by(|a, b| a.security.symbol.cmp(&b.security.symbol));
    Ok(Holdings {
        base_currency: base_currency.to_owned(),
        asof_date: asof,
        books_revision: 0,
        securities,
        cash: terms.balances()?,
    })
}

fn reference(security: &SecurityInfo) -> SecurityRef {
    SecurityRef {
        id: None,
        symbol: security.symbol.clone(),
        name: securities::name_of(security),
        kind: securities::kind_of(security),
        currency: security.currency.clone(),
        sector: security.sector.clone(),
        country: security.country.clone(),
    }
}
