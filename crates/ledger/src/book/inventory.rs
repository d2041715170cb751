//! What an account holds while its transactions are booked.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::arithmetic;
use crate::names::CurrencyId;
use crate::options::Booking;
use crate::transaction::Cost;

/// All that one account holds.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    holdings: Vec<(CurrencyId, Holding)>,
}

/// What an account holds of one commodity: lots, and units without a cost.
#[derive(Debug, Default)]
pub(super) struct Holding {
    plain: Decimal,
    lots: BTreeMap<LotOrder, Lot>,
    by_cost: HashMap<Cost, LotOrder>,
    longs: usize,
    shorts: usize,
    next: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Lot {
    pub cost: Cost,
    pub units: Decimal,
}

/// Lots in the order in which the account's booking method takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LotOrder(Rank, u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Any,
    Oldest(NaiveDate),
    Newest(Reverse<NaiveDate>),
    Dearest(Reverse<Decimal>),
}

impl Inventory {
    pub(super) fn holding(&self, currency: CurrencyId) -> Option<&Holding> {
        self.holdings
            .iter()
            .find(|(held, _)| *held == currency)
            .map(|(_, holding)| holding)
    }

    pub(super) fn holding_mut(&mut self, currency: CurrencyId) -> &mut Holding {
        let place = self.holdings.iter().position(|(held, _)| *held == currency);
        let place = place.unwrap_or_else(|| {
            self.holdings.push((currency, Holding::default()));
            self.holdings.len() - 1
        });
        &mut self.holdings[place].1
    }

    /// The only commodity that is held.
    pub(super) fn only_currency(&self) -> Option<CurrencyId> {
        only(
            self.holdings
                .iter()
                .filter(|(_, h)| !h.is_empty())
                .map(|(currency, _)| *currency),
        )
    }

    /// The only currency in which lots are held at cost.
    pub(super) fn only_cost_currency(&self) -> Option<CurrencyId> {
        only(
            self.holdings
                .iter()
                .flat_map(|(_, h)| h.lots.values().map(|lot| lot.cost.currency)),
        )
    }
}

fn only(mut currencies: impl Iterator<Item = CurrencyId>) -> Option<CurrencyId> {
    let first = currencies.next()?;
    currencies.all(|other| other == first).then_some(first)
}

impl Holding {
    fn is_empty(&self) -> bool {
        self.lots.is_empty() && self.plain.is_zero()
    }

    /// Whether a lot, or the units without a cost, have the opposite sign.
    pub(super) fn is_reduced_by(&self, units: Decimal) -> bool {
        let opposite =
            |held: Decimal| !held.is_zero() && held.is_sign_negative() != units.is_sign_negative();
        !units.is_zero()
            && (opposite(self.plain)
                || if units.is_sign_negative() {
                    self.longs > 0
                } else {
                    self.shorts > 0
                })
    }

    /// The lots in the order in which they are taken.
    pub(super) fn lots(&self) -> impl Iterator<Item = (LotOrder, &Lot)> {
        self.lots.iter().map(|(order, lot)| (*order, lot))
    }

    /// Adds units without a cost; `None` if the sum cannot be held.
    pub(super) fn add_plain(&mut self, units: Decimal) -> Option<()> {
        self.plain = arithmetic::add(self.plain, units)?;
        Some(())
    }

    /// Adds units to the lot of this cost; `None` if the sum cannot be held.
    pub(super) fn add_lot(&mut self, cost: &Cost, units: Decimal, method: Booking) -> Option<()> {
        if let Some(order) = self.by_cost.get(cost) {
            return self.change_lot(*order, units);
        }
        if units.is_zero() {
            return Some(());
        }
        let order = LotOrder(rank(cost, method), self.next);
        self.next += 1;
        self.count(units, 1);
        self.by_cost.insert(cost.clone(), order);
        self.lots.insert(
            order,
            Lot {
                cost: cost.clone(),
                units,
            },
        );
        Some(())
    }

    /// Adds units to a lot, which goes away at zero; `None` if the sum cannot be held.
    pub(super) fn change_lot(&mut self, order: LotOrder, units: Decimal) -> Option<()> {
        let lot = self.lots.get_mut(&order)?;
        let before = lot.units;
        let after = arithmetic::add(before, units)?;
        lot.units = after;
        self.count(before, -1);
        if after.is_zero() {
            if let Some(lot) = self.lots.remove(&order) {
                self.by_cost.remove(&lot.cost);
            }
        } else {
            self.count(after, 1);
        }
        Some(())
    }

    /// Puts a lot back as it was before units were taken from it.
    pub(super) fn restore(&mut self, order: LotOrder, lot: Lot) {
        if let Some(changed) = self.lots.get(&order).map(|lot| lot.units) {
            self.count(changed, -1);
        }
        self.count(lot.units, 1);
        self.by_cost.insert(lot.cost.clone(), order);
        self.lots.insert(order, lot);
    }

    fn count(&mut self, units: Decimal, by: isize) {
        let counter = if units.is_sign_negative() {
            &mut self.shorts
        } else {
            &mut self.longs
        };
        *counter = counter.saturating_add_signed(by);
    }
}

fn rank(cost: &Cost, method: Booking) -> Rank {
    match method {
        Booking::Fifo => Rank::Oldest(cost.date),
        Booking::Lifo => Rank::Newest(Reverse(cost.date)),
        Booking::Hifo => Rank::Dearest(Reverse(cost.number)),
        _ => Rank::Any,
    }
}
