//! The lots of a portfolio: opened by trades, closed by others.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::legs::LotLeg;
use super::rows::{Closure, Lot, Opening};
use crate::arithmetic;
use crate::ledger::Ledger;
use crate::names::CurrencyId;
use crate::transaction::{Cost, Price};

/// All lots, and those that are open by what makes them one position to Beancount.
#[derive(Default)]
pub(super) struct LotBook {
    pub lots: Vec<Lot>,
    pub closures: Vec<Closure>,
    pub openings: Vec<Opening>,
    open: HashMap<(CurrencyId, Cost), usize>,
}

/// What one transaction does to the lots of one security.
#[derive(Debug)]
pub(super) enum Trade {
    Open {
        symbol: CurrencyId,
        cost: Cost,
        units: Decimal,
    },
    Close {
        symbol: CurrencyId,
        currency: CurrencyId,
        is_short: bool,
        parts: Vec<ClosedPart>,
    },
}

/// Units that a trade takes from a lot.
#[derive(Debug)]
pub(super) struct ClosedPart {
    pub lot: usize,
    pub cost: Cost,
    /// With the lot's sign.
    pub quantity: Decimal,
    pub cost_basis: Decimal,
    pub price: Option<Price>,
    /// What the units bring, with the lot's sign.
    pub proceeds: Decimal,
}

impl LotBook {
    /// Splits the changes of lots into trades; nothing changes yet. `None` if an amount cannot be
    /// held.
    pub(super) fn trades(&self, legs: Vec<LotLeg>) -> Option<Vec<Trade>> {
        let mut trades = Vec::new();
        for leg in legs {
            let mut units = leg.units;
            let key = (leg.symbol, leg.cost.clone());
            if let Some(&lot) = self.open.get(&key) {
                let held = self.lots[lot].quantity_open;
                if held.is_sign_negative() != units.is_sign_negative() {
                    let size = held.abs().min(units.abs());
                    let quantity = if held.is_sign_negative() { -size } else { size };
                    units = arithmetic::add(units, quantity)?;
                    close(&mut trades, &leg, lot, quantity)?;
                }
            }
            if !units.is_zero() {
                trades.push(Trade::Open {
                    symbol: leg.symbol,
                    cost: leg.cost,
                    units,
                });
            }
        }
        Some(trades)
    }

    /// Adds units to the lot of this cost, or opens it.
    pub(super) fn open(
        &mut self,
        ledger: &Ledger,
        entry: usize,
        opened_on: NaiveDate,
        symbol: CurrencyId,
        cost: Cost,
        units: Decimal,
    ) -> Option<()> {
        let basis = arithmetic::multiply(units, cost.number)?;
        let key = (symbol, cost);
        if let Some(&at) = self.open.get(&key) {
            let lot = &mut self.lots[at];
            lot.quantity_original = arithmetic::add(lot.quantity_original, units)?;
            lot.quantity_open = arithmetic::add(lot.quantity_open, units)?;
            lot.cost_basis = arithmetic::add(lot.cost_basis, basis)?;
            self.openings.push(Opening {
                lot: at,
                opened_by: entry,
                quantity: units,
                opened_on,
            });
            return Some(());
        }
        let at = self.lots.len();
        self.lots.push(Lot {
            symbol: ledger.currency(symbol).to_owned(),
            opened_by: entry,
            acquired_on: key.1.date,
            quantity_original: units,
            quantity_open: units,
            unit_cost: key.1.number,
            cost_basis: basis,
            cost_currency: ledger.currency(key.1.currency).to_owned(),
            label: key.1.label.as_deref().map(str::to_owned),
            closed_on: None,
        });
        self.openings.push(Opening {
            lot: at,
            opened_by: entry,
            quantity: units,
            opened_on,
        });
        self.open.insert(key, at);
        Some(())
    }

    /// Takes units from a lot.
    pub(super) fn close(
        &mut self,
        entry: usize,
        closed_on: NaiveDate,
        symbol: CurrencyId,
        part: ClosedPart,
    ) -> Option<()> {
        let lot = &mut self.lots[part.lot];
        lot.quantity_open = arithmetic::subtract(lot.quantity_open, part.quantity)?;
        if lot.quantity_open.is_zero() {
            lot.closed_on = Some(closed_on);
            self.open.remove(&(symbol, part.cost));
        }
        self.closures.push(Closure {
            lot: part.lot,
            closed_by: entry,
            quantity: part.quantity,
            cost_basis: part.cost_basis,
            proceeds: part.proceeds,
            closed_on,
        });
        Some(())
    }
}

/// Adds a closed part to the trade of its security, direction and currency.
fn close(trades: &mut Vec<Trade>, leg: &LotLeg, lot: usize, quantity: Decimal) -> Option<()> {
    let cost_basis = arithmetic::multiply(quantity, leg.cost.number)?;
    let price = leg
        .price
        .filter(|price| price.currency == leg.cost.currency);
    let proceeds = match price {
        Some(price) => arithmetic::multiply(quantity, price.number)?,
        None => cost_basis,
    };
    let cost = leg.cost.clone();
    let part = ClosedPart {
        lot,
        cost,
        quantity,
        cost_basis,
        price,
        proceeds,
    };
    let same = trades.iter_mut().find_map(|trade| match trade {
        Trade::Close {
            symbol,
            currency,
            is_short,
            parts,
        } if *symbol == leg.symbol
            && *currency == leg.cost.currency
            && *is_short == quantity.is_sign_negative() =>
        {
            Some(parts)
        }
        _ => None,
    });
    match same {
        Some(parts) => parts.push(part),
        None => trades.push(Trade::Close {
            symbol: leg.symbol,
            currency: leg.cost.currency,
            is_short: quantity.is_sign_negative(),
            parts: vec![part],
        }),
    }
    Some(())
}

impl Trade {
    pub(super) fn currency(&self) -> CurrencyId {
        match self {
            Self::Open { cost, .. } => cost.currency,
            Self::Close { currency, .. } => *currency,
        }
    }

    /// What it adds to cash before fees and rounding. `None` if it cannot be held.
    pub(super) fn amount(&self) -> Option<Decimal> {
        match self {
            Self::Open { cost, units, .. } => Some(-arithmetic::multiply(*units, cost.number)?),
            Self::Close { parts, .. } => parts.iter().try_fold(Decimal::ZERO, |sum, part| {
                arithmetic::add(sum, part.proceeds)
            }),
        }
    }

    /// Whether it closes lots whose proceeds are not given by a price.
    pub(super) fn is_unpriced_close(&self) -> bool {
        matches!(self, Self::Close { parts, .. } if parts.iter().any(|part| part.price.is_none()))
    }

    /// Spreads a difference of the amount over the parts by their units, the last takes the rest.
    pub(super) fn adjust(&mut self, difference: Decimal, only_unpriced: bool) -> Option<()> {
        let Self::Close { parts, .. } = self else {
            return Some(());
        };
        let mut parts: Vec<&mut ClosedPart> = parts
            .iter_mut()
            .filter(|part| !only_unpriced || part.price.is_none())
            .collect();
        let units = parts.iter().try_fold(Decimal::ZERO, |sum, part| {
            arithmetic::add(sum, part.quantity)
        })?;
        let last = parts.len().saturating_sub(1);
        let mut left = difference;
        for (place, part) in parts.iter_mut().enumerate() {
            let share = if place == last {
                left
            } else {
                let share = arithmetic::multiply(difference, part.quantity)?;
                arithmetic::divide(share, units)?.round_dp(difference.scale().max(2))
            };
            left = arithmetic::subtract(left, share)?;
            part.proceeds = arithmetic::add(part.proceeds, share)?;
        }
        Some(())
    }
}
