//! From transactions to lots: which units a sale takes, what they cost, and what was gained.
//!
//! Nothing here knows a database: the same events in the same order give the same lots. Every cost
//! that enters a book leaves it through a closing or is still there, to the last digit: a part is
//! computed, the rest is what is left.

mod actions;
mod error;
mod lots;
mod share;

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::values::{LotMethod, Rate, SecurityId, TransactionId};
use rust_decimal::Decimal;

pub use error::{Fault, Unbookable};
pub use lots::OpenLot;
pub(crate) use share::apportion;
use share::part;

use crate::amounts;
use lots::LotBook;

/// A cost in the lot's currency, and in base currency if that is known.
type LotCost = (Decimal, Option<Decimal>);

const NOTHING_CARRIED: LotCost = (Decimal::ZERO, Some(Decimal::ZERO));

/// A lot by what opened it: a corporate action opens several, told apart by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotKey {
    pub opened_by: TransactionId,
    pub ordinal: u32,
}

/// A transaction as the lots see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub transaction: TransactionId,
    pub date: NaiveDate,
    /// Of the cost or the proceeds.
    pub currency: String,
    /// Units of the portfolio's base currency for one of `currency`, if it is known.
    pub rate: Option<Rate>,
    pub movement: Movement,
}

/// New units for old ones: 2 for 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub new: Decimal,
    pub old: Decimal,
}

/// Which lots a sale takes, by what opened them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub opened_by: TransactionId,
    /// Positive.
    pub quantity: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Units come in at a total cost. They first close what is short.
    Acquire {
        security: SecurityId,
        quantity: Decimal,
        cost: Decimal,
        /// Where it was bought elsewhere, earlier.
        acquired_on: Option<NaiveDate>,
    },
    /// Units leave for total proceeds. What is not there goes short where that is allowed.
    Dispose {
        security: SecurityId,
        quantity: Decimal,
        proceeds: Decimal,
        chosen: Vec<Choice>,
    },
    /// Units leave with their cost.
    Remove {
        security: SecurityId,
        quantity: Decimal,
        chosen: Vec<Choice>,
    },
    /// A split, a reverse split or a stock dividend: other units at the same cost.
    Split {
        security: SecurityId,
        exchange: Exchange,
        /// What was paid for the fraction of a unit that nobody gets.
        in_lieu: Option<Decimal>,
    },
    /// Cash that gives back a part of the cost; what is more than the cost is gain.
    ReturnCapital { security: SecurityId, cash: Decimal },
    /// Units of another security, which take a part of the cost with them.
    SpinOff {
        from: SecurityId,
        into: SecurityId,
        exchange: Exchange,
        /// The part of the cost, 0 to 1.
        basis_share: Decimal,
        in_lieu: Option<Decimal>,
    },
    /// All units become units of another security, or cash, or both.
    Merge {
        from: SecurityId,
        cash: Decimal,
        into: Option<MergedInto>,
    },
}

/// What units become in a merger that is not for cash alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedInto {
    pub security: SecurityId,
    pub exchange: Exchange,
    /// The part of the cost that goes with the cash, 0 to 1.
    pub cash_share: Decimal,
    pub in_lieu: Option<Decimal>,
}

impl Movement {
    /// The securities whose lots it changes.
    pub fn securities(&self) -> impl Iterator<Item = SecurityId> {
        let (first, second) = match self {
            Self::Acquire { security, .. }
            | Self::Dispose { security, .. }
            | Self::Remove { security, .. }
            | Self::Split { security, .. }
            | Self::ReturnCapital { security, .. } => (*security, None),
            Self::SpinOff { from, into, .. } => (*from, Some(*into)),
            Self::Merge { from, into, .. } => (*from, into.map(|into| into.security)),
        };
        [Some(first), second].into_iter().flatten()
    }
}

/// Units that became a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub lot: LotKey,
    pub security: SecurityId,
    pub opened_on: NaiveDate,
    /// Earlier than `opened_on` where a corporate action carried the lot over.
    pub acquired_on: NaiveDate,
    /// Negative for a short.
    pub quantity: Decimal,
    /// Of all units, in `currency`; negative for a short, whose cost is what was got for it.
    pub cost_basis: Decimal,
    pub cost_basis_base: Option<Decimal>,
    pub currency: String,
}

/// Units that left a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub lot: LotKey,
    pub transaction: TransactionId,
    pub security: SecurityId,
    pub closed_on: NaiveDate,
    pub acquired_on: NaiveDate,
    /// With the lot's sign.
    pub quantity: Decimal,
    pub proceeds: Decimal,
    pub proceeds_base: Option<Decimal>,
    pub cost_basis: Decimal,
    pub cost_basis_base: Option<Decimal>,
    /// What of the cost went on into other lots.
    pub carried_basis: Decimal,
    /// `proceeds - (cost_basis - carried_basis)`, in the lot's currency.
    pub realized_gain: Decimal,
    /// The gain in base currency: the proceeds at the rate of the closing, less the cost at that of the
    /// acquisition.
    pub realized_gain_base: Option<Decimal>,
    /// The part of it that came from the exchange rate: the cost that did not go on, at the rate of the
    /// closing, less the same at that of the acquisition.
    pub fx_gain: Option<Decimal>,
    pub currency: String,
}

/// What a run of events did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    pub openings: Vec<Opening>,
    pub closings: Vec<Closing>,
}

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
