//! From transactions to lots: which units a sale takes, what they cost, and what was gained.
//!
//! Nothing here knows a database: the same events in the same order give the same lots. Every cost
//! that enters a book leaves it through a closing or is still there, to the last digit: a part is
//! computed, the rest is what is left.

mod actions;
mod error;
mod event;
mod lots;
mod outcome;
mod share;

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::values::{LotMethod, Rate, SecurityId};
use rust_decimal::Decimal;

pub use error::{Fault, Unbookable};
pub use event::{Arrival, Choice, Event, Exchange, LotKey, MergedInto, Movement};
pub use lots::OpenLot;
pub use outcome::{Booked, Closing, Opening};
pub(crate) use share::apportion;
use share::part;

use crate::amounts;
use lots::LotBook;

/// A cost in the lot's currency, and in base currency if that is known.
type LotCost = (Decimal, Option<Decimal>);

const NOTHING_CARRIED: LotCost = (Decimal::ZERO, Some(Decimal::ZERO));

/// The rules of one portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub method: LotMethod,
    pub allows_shorts: bool,
}

/// Units that come in (+) or leave (-) against cash that leaves (-) or comes in (+).
struct Trade {
    security: SecurityId,
    quantity: Decimal,
    cash: Decimal,
    acquired_on: NaiveDate,
}

/// The lots of a portfolio's securities at one moment.
#[derive(Clone, Debug)]
pub struct Book {
    rules: Rules,
    lots: HashMap<SecurityId, LotBook>,
    booked: Booked,
    /// How many lots the transaction at hand has opened.
    opened: u32,
}

impl Book {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            lots: HashMap::new(),
            booked: Booked::default(),
            opened: 0,
        }
    }

    /// Puts a lot in as it was left by earlier events; those of one security in the order of their
    /// opening.
    pub fn restore(&mut self, security: SecurityId, lot: OpenLot) -> Result<(), Unbookable> {
        self.lots_of(security).put(lot).map_err(Fault::before_all)
    }

    /// Books one event after all that came before it.
    ///
    /// # Errors
    /// [`Unbookable`] names the event; the book is then of no more use.
    pub fn book(&mut self, event: &Event) -> Result<(), Unbookable> {
        self.opened = 0;
        self.apply(event).map_err(|fault| fault.of(event))
    }

    /// What has been opened and closed since the last time.
    pub fn take_booked(&mut self) -> Booked {
        std::mem::take(&mut self.booked)
    }

    /// The open lots of a security in the order of their opening, each with its part of the cost.
    pub fn open_lots(&self, security: SecurityId) -> Result<Vec<OpenLot>, Unbookable> {
        let lots = self.lots.get(&security).map(LotBook::open_lots);
        lots.transpose()
            .map(Option::unwrap_or_default)
            .map_err(Fault::before_all)
    }

    fn lots_of(&mut self, security: SecurityId) -> &mut LotBook {
        let method = self.rules.method;
        self.lots
            .entry(security)
            .or_insert_with(|| LotBook::new(method))
    }

    fn apply(&mut self, event: &Event) -> Result<(), Fault> {
        match &event.movement {
            Movement::Acquire {
                security,
                quantity,
                cost,
                acquired_on,
            } => {
                let trade = Trade {
                    security: *security,
                    quantity: *quantity,
                    cash: -*cost,
                    acquired_on: acquired_on.unwrap_or(event.date),
                };
                self.trade(event, &trade, None)
            }
            Movement::Dispose {
                security,
                quantity,
                proceeds,
                chosen,
            } => {
                let trade = Trade {
                    security: *security,
                    quantity: -*quantity,
                    cash: *proceeds,
                    acquired_on: event.date,
                };
                self.trade(event, &trade, Some(chosen))
            }
            _ => self.act(event),
        }
    }

    /// Closes lots of the other sign first; what is left opens one.
    fn trade(
        &mut self,
        event: &Event,
        trade: &Trade,
        chosen: Option<&[Choice]>,
    ) -> Result<(), Fault> {
        let Trade {
            security,
            quantity,
            cash,
            acquired_on,
        } = *trade;
        let held = self.lots_of(security).quantity();
        let is_opposed = !held.is_zero() && held.is_sign_negative() != quantity.is_sign_negative();
        let closed = if is_opposed {
            share::signed(quantity.abs().min(held.abs()), held)
        } else {
            Decimal::ZERO
        };
        let opened = amounts::add(quantity, closed)?;
        if opened.is_sign_negative() && !opened.is_zero() && !self.rules.allows_shorts {
            return Err(Fault::NotHeld {
                held,
                wanted: quantity.abs(),
            });
        }
        let proceeds = part(cash, -closed, quantity)?;
        if !closed.is_zero() {
            self.close(event, security, closed, proceeds, chosen)?;
        }
        if !opened.is_zero() {
            let cost = amounts::subtract(proceeds, cash)?;
            self.open_new(event, security, opened, cost, acquired_on)?;
        }
        Ok(())
    }

    /// Closes `quantity` units, with the sign of the lots, for `proceeds`.
    fn close(
        &mut self,
        event: &Event,
        security: SecurityId,
        quantity: Decimal,
        proceeds: Decimal,
        chosen: Option<&[Choice]>,
    ) -> Result<(), Fault> {
        let lots = self.lots_of(security);
        let taken = match chosen {
            Some(chosen) => lots.take(quantity, chosen)?,
            // Who buys back what is short names no lots.
            None => lots.take_in_order(quantity)?,
        };
        self.write_closings(event, security, &taken, proceeds)
    }

    fn write_closings(
        &mut self,
        event: &Event,
        security: SecurityId,
        taken: &[OpenLot],
        proceeds: Decimal,
    ) -> Result<(), Fault> {
        let quantities: Vec<Decimal> = taken.iter().map(|lot| lot.quantity).collect();
        let shares = apportion(proceeds, &quantities)?;
        for (lot, proceeds) in taken.iter().zip(shares) {
            self.write_closing(event, security, lot, proceeds, NOTHING_CARRIED)?;
        }
        Ok(())
    }

    fn open_new(
        &mut self,
        event: &Event,
        security: SecurityId,
        quantity: Decimal,
        cost: Decimal,
        acquired_on: NaiveDate,
    ) -> Result<(), Fault> {
        let rate = event.rate.map(Rate::decimal);
        let cost_base = rate.map(|rate| share::converted(cost, rate)).transpose()?;
        let lot = OpenLot {
            key: self.next_key(event),
            acquired_on,
            quantity,
            cost,
            cost_base,
            currency: event.currency.clone(),
        };
        self.open(event, security, lot)
    }

    fn open(&mut self, event: &Event, security: SecurityId, lot: OpenLot) -> Result<(), Fault> {
        self.booked.openings.push(Opening {
            lot: lot.key,
            security,
            opened_on: event.date,
            acquired_on: lot.acquired_on,
            quantity: lot.quantity,
            cost_basis: lot.cost,
            cost_basis_base: lot.cost_base,
            currency: lot.currency.clone(),
        });
        self.lots_of(security).put(lot)
    }

    fn next_key(&mut self, event: &Event) -> LotKey {
        let ordinal = self.opened;
        self.opened += 1;
        LotKey {
            opened_by: event.transaction,
            ordinal,
        }
    }

    /// `carried` is the cost that goes on into other lots, and the same in base currency.
    fn write_closing(
        &mut self,
        event: &Event,
        security: SecurityId,
        lot: &OpenLot,
        proceeds: Decimal,
        (carried_basis, carried_base): LotCost,
    ) -> Result<(), Fault> {
        if lot.currency != event.currency && !proceeds.is_zero() {
            return Err(Fault::OtherCurrency {
                acquired_on: lot.acquired_on,
                paid_in: lot.currency.clone(),
                now_in: event.currency.clone(),
            });
        }
        let spent = amounts::subtract(lot.cost, carried_basis)?;
        let rate = event.rate.map(Rate::decimal);
        let in_base = |amount: Decimal| {
            let rate = rate.or(amount.is_zero().then_some(Decimal::ONE));
            rate.map(|rate| share::converted(amount, rate)).transpose()
        };
        let difference = |from: Option<Decimal>, taken: Option<Decimal>| {
            let both = from.zip(taken);
            both.map(|(from, taken)| amounts::subtract(from, taken))
                .transpose()
        };
        let spent_base = difference(lot.cost_base, carried_base)?;
        let proceeds_base = in_base(proceeds)?;
        self.booked.closings.push(Closing {
            lot: lot.key,
            transaction: event.transaction,
            security,
            closed_on: event.date,
            acquired_on: lot.acquired_on,
            quantity: lot.quantity,
            proceeds,
            proceeds_base,
            cost_basis: lot.cost,
            cost_basis_base: lot.cost_base,
            carried_basis,
            realized_gain: amounts::subtract(proceeds, spent)?,
            realized_gain_base: difference(proceeds_base, spent_base)?,
            fx_gain: difference(in_base(spent)?, spent_base)?,
            currency: lot.currency.clone(),
        });
        Ok(())
    }
}
