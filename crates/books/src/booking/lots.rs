//! The open lots of one security, in the order in which they are taken.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::values::{LotMethod, TransactionId};
use rust_decimal::Decimal;

use super::{Choice, Fault, LotKey, share};
use crate::amounts;

/// What is left of a lot, or was taken from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLot {
    pub key: LotKey,
    pub acquired_on: NaiveDate,
    /// Negative for a short.
    pub quantity: Decimal,
    /// Of `quantity`, in `currency`.
    pub cost: Decimal,
    /// The same in the portfolio's base currency, at the rate of the acquisition, if that is known.
    pub cost_base: Option<Decimal>,
    pub currency: String,
}

/// Where a lot stands in the order of taking: by rank, then by date, then by opening.
type Place = (Decimal, NaiveDate, u64);

#[derive(Clone, Debug)]
pub(super) struct LotBook {
    method: LotMethod,
    lots: BTreeMap<Place, OpenLot>,
    /// Where each transaction's lots stand; kept where sales name them.
    places: HashMap<TransactionId, Vec<Place>>,
    quantity: Decimal,
    opened: u64,
    /// Of all lots together: what they cost under the method of average cost.
    pool: Cost,
}

#[derive(Clone, Debug)]
struct Cost {
    own: Decimal,
    base: Option<Decimal>,
}

impl LotBook {
    pub(super) fn new(method: LotMethod) -> Self {
        Self {
            method,
            lots: BTreeMap::new(),
            places: HashMap::new(),
            quantity: Decimal::ZERO,
            opened: 0,
            pool: Cost::NONE,
        }
    }

    /// Positive, or negative for a short: never lots of both signs.
    pub(super) fn quantity(&self) -> Decimal {
        self.quantity
    }

    pub(super) fn put(&mut self, lot: OpenLot) -> Result<(), Fault> {
        let held = self.quantity;
        if !held.is_zero() && held.is_sign_negative() != lot.quantity.is_sign_negative() {
            return Err(Fault::OtherSign { held });
        }
        let place = (self.rank(&lot)?, lot.acquired_on, self.opened);
        self.opened += 1;
        self.quantity = amounts::add(self.quantity, lot.quantity)?;
        if self.method == LotMethod::Average {
            self.pool.add(lot.cost, lot.cost_base)?;
        }
        if self.method == LotMethod::Specific {
            self.places
                .entry(lot.key.opened_by)
                .or_default()
                .push(place);
        }
        self.lots.insert(place, lot);
        Ok(())
    }

    /// The dearest first for HIFO; else all alike.
    fn rank(&self, lot: &OpenLot) -> Result<Decimal, Fault> {
        if self.method != LotMethod::Hifo {
            return Ok(Decimal::ZERO);
        }
        let unit_cost = lot.cost.checked_div(lot.quantity).ok_or(Fault::Overflow)?;
        Ok(-unit_cost)
    }

    /// Takes units for a sale, with the sign of those that are held, which they never exceed. Whoever
    /// sells all need not name lots.
    pub(super) fn take(
        &mut self,
        quantity: Decimal,
        chosen: &[Choice],
    ) -> Result<Vec<OpenLot>, Fault> {
        let is_all = quantity == self.quantity;
        if chosen.is_empty() && (is_all || self.method != LotMethod::Specific) {
            return self.take_in_order(quantity);
        }
        let taken = self.take_chosen(quantity, chosen)?;
        let named = taken.iter().map(|lot| lot.quantity).sum::<Decimal>();
        let missing = amounts::subtract(quantity, named)?;
        if !missing.is_zero() {
            let missing = missing.abs();
            return Err(Fault::LotsNotNamed { missing });
        }
        Ok(taken)
    }

    /// Takes units as the method has it; the oldest where lots are to be named.
    pub(super) fn take_in_order(&mut self, quantity: Decimal) -> Result<Vec<OpenLot>, Fault> {
        let mut taken = Vec::new();
        let mut wanted = quantity;
        while !wanted.is_zero() {
            let next = match self.method {
                LotMethod::Lifo => self.lots.keys().next_back(),
                _ => self.lots.keys().next(),
            };
            let place = *next.ok_or(Fault::NothingHeld)?;
            let lot = self.take_at(place, wanted)?;
            wanted = amounts::subtract(wanted, lot.quantity)?;
            taken.push(lot);
        }
        Ok(taken)
    }

    fn take_chosen(&mut self, quantity: Decimal, chosen: &[Choice]) -> Result<Vec<OpenLot>, Fault> {
        let named: Decimal = chosen.iter().map(|choice| choice.quantity).sum();
        if named > quantity.abs() {
            let moved = quantity.abs();
            return Err(Fault::TooManyNamed { named, moved });
        }
        let mut taken = Vec::new();
        for choice in chosen {
            let mut wanted = share::signed(choice.quantity, quantity);
            while !wanted.is_zero() {
                let place = self.place_of(choice.opened_by).ok_or(Fault::LotTooSmall {
                    opened_by: choice.opened_by,
                    wanted: choice.quantity,
                    left: choice.quantity - wanted.abs(),
                })?;
                let lot = self.take_at(place, wanted)?;
                wanted = amounts::subtract(wanted, lot.quantity)?;
                taken.push(lot);
            }
        }
        Ok(taken)
    }

    /// The first of the lots that a transaction opened, where some are left. Under another method than
    /// `specific` they are looked for one by one.
    fn place_of(&mut self, opened_by: TransactionId) -> Option<Place> {
        if self.method != LotMethod::Specific {
            let mut lots = self.lots.iter();
            return lots
                .find(|(_, lot)| lot.key.opened_by == opened_by)
                .map(|(place, _)| *place);
        }
        let places = self.places.get_mut(&opened_by)?;
        places.retain(|place| self.lots.contains_key(place));
        places.first().copied()
    }

    /// Takes the lot at a place, or `wanted` of it.
    fn take_at(&mut self, place: Place, wanted: Decimal) -> Result<OpenLot, Fault> {
        let left = self.lots.get(&place).ok_or(Fault::NothingHeld)?.clone();
        let taken = if wanted.abs() < left.quantity.abs() {
            wanted
        } else {
            left.quantity
        };
        let cost = self.cost_of(&left, taken)?;
        let out = OpenLot {
            quantity: taken,
            cost: cost.own,
            cost_base: cost.base,
            ..left.clone()
        };
        self.quantity = amounts::subtract(self.quantity, taken)?;
        if self.method == LotMethod::Average {
            self.pool.take(&cost)?;
        }
        if self.quantity.is_zero() {
            self.pool = Cost::NONE;
        }
        if taken == left.quantity {
            self.lots.remove(&place);
        } else {
            let rest = self.rest_of(left, taken, &cost)?;
            self.lots.insert(place, rest);
        }
        Ok(out)
    }

    /// A lot without what was taken of it. Under the method of average cost, its own cost counts no more.
    fn rest_of(&self, lot: OpenLot, taken: Decimal, cost: &Cost) -> Result<OpenLot, Fault> {
        let quantity = amounts::subtract(lot.quantity, taken)?;
        if self.method == LotMethod::Average {
            return Ok(OpenLot { quantity, ..lot });
        }
        let base = lot.cost_base.zip(cost.base);
        Ok(OpenLot {
            quantity,
            cost: amounts::subtract(lot.cost, cost.own)?,
            cost_base: base
                .map(|(all, taken)| amounts::subtract(all, taken))
                .transpose()?,
            ..lot
        })
    }

    /// What a part of a lot cost: of the lot itself, or of all lots together.
    fn cost_of(&self, lot: &OpenLot, quantity: Decimal) -> Result<Cost, Fault> {
        let (own, base, whole) = if self.method == LotMethod::Average {
            (self.pool.own, self.pool.base, self.quantity)
        } else {
            (lot.cost, lot.cost_base, lot.quantity)
        };
        let base = base
            .map(|base| share::part(base, quantity, whole))
            .transpose()?;
        Ok(Cost {
            own: share::part(own, quantity, whole)?,
            base,
        })
    }

    /// All lots, in the order of their opening.
    pub(super) fn take_all(&mut self) -> Result<Vec<OpenLot>, Fault> {
        let lots = self.open_lots()?;
        *self = Self {
            opened: self.opened,
            ..Self::new(self.method)
        };
        Ok(lots)
    }

    /// The lots in the order of their opening. Under the method of average cost, the cost of all is
    /// apportioned by units.
    pub(super) fn open_lots(&self) -> Result<Vec<OpenLot>, Fault> {
        let mut placed: Vec<(u64, &OpenLot)> = self
            .lots
            .iter()
            .map(|((_, _, opened), lot)| (*opened, lot))
            .collect();
        placed.sort_unstable_by_key(|(opened, _)| *opened);
        let mut lots: Vec<OpenLot> = placed.into_iter().map(|(_, lot)| lot.clone()).collect();
        if self.method == LotMethod::Average {
            self.pool.spread_over(&mut lots)?;
        }
        Ok(lots)
    }
}

impl Cost {
    const NONE: Self = Self {
        own: Decimal::ZERO,
        base: Some(Decimal::ZERO),
    };

    fn add(&mut self, own: Decimal, base: Option<Decimal>) -> Result<(), Fault> {
        self.own = amounts::add(self.own, own)?;
        self.base = self
            .base
            .zip(base)
            .map(|(sum, base)| amounts::add(sum, base))
            .transpose()?;
        Ok(())
    }

    fn take(&mut self, taken: &Self) -> Result<(), Fault> {
        let negated = taken.base.map(|base| -base);
        self.add(-taken.own, negated)
    }

    fn spread_over(&self, lots: &mut [OpenLot]) -> Result<(), Fault> {
        let quantities: Vec<Decimal> = lots.iter().map(|lot| lot.quantity).collect();
        let own = share::apportion(self.own, &quantities)?;
        let base = self.base.map(|base| share::apportion(base, &quantities));
        let mut base = base.transpose()?.map(Vec::into_iter);
        for (lot, own) in lots.iter_mut().zip(own) {
            lot.cost = own;
            lot.cost_base = base.as_mut().and_then(Iterator::next);
        }
        Ok(())
    }
}
