//! Corporate actions: lots close at their cost and open again, with the dates of their acquisition.

use entity::values::SecurityId;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Arrival, Book, Choice, Event, Exchange, Fault, LotCost, Movement, OpenLot, share};
use crate::amounts;

impl Book {
    pub(super) fn act(&mut self, event: &Event) -> Result<(), Fault> {
        match &event.movement {
            Movement::Acquire { .. } | Movement::Dispose { .. } => Ok(()),
            Movement::Receive { security, lots } => self.receive(event, *security, lots),
            Movement::Remove {
                security,
                quantity,
                chosen,
            } => self.remove(event, *security, *quantity, chosen),
            Movement::Split {
                security,
                exchange,
                in_lieu,
            } => {
                let lots = self.take_held(*security)?;
                self.carry(event, *security, &lots)?;
                self.open_in_exchange(event, *security, &lots, *exchange, *in_lieu)
            }
            Movement::ReturnCapital { security, cash } => {
                self.return_capital(event, *security, *cash)
            }
            Movement::SpinOff {
                from,
                into,
                exchange,
                basis_share,
                in_lieu,
            } => {
                let lots = self.take_held(*from)?;
                self.carry(event, *from, &lots)?;
                let (stays, goes) = divide_cost(&lots, *basis_share)?;
                for lot in stays {
                    self.reopen(event, *from, lot)?;
                }
                self.open_in_exchange(event, *into, &goes, *exchange, *in_lieu)
            }
            Movement::Merge { from, cash, into } => {
                let lots = self.take_held(*from)?;
                let cash_share = into.as_ref().map_or(Decimal::ONE, |into| into.cash_share);
                let (goes_on, _) = divide_cost(&lots, cash_share)?;
                let carried: Vec<LotCost> = goes_on.iter().map(cost_of).collect();
                self.close_for_cash(event, *from, &lots, &carried, *cash)?;
                match into {
                    Some(into) => self.open_in_exchange(
                        event,
                        into.security,
                        &goes_on,
                        into.exchange,
                        into.in_lieu,
                    ),
                    None => Ok(()),
                }
            }
        }
    }

    /// Opens lots that come from elsewhere with their cost.
    fn receive(
        &mut self,
        event: &Event,
        security: SecurityId,
        lots: &[Arrival],
    ) -> Result<(), Fault> {
        for lot in lots {
            if lot.quantity.is_sign_negative() && !self.rules.allows_shorts {
                return Err(Fault::NotHeld {
                    held: self.lots_of(security).quantity(),
                    wanted: lot.quantity.abs(),
                });
            }
            let lot = OpenLot {
                key: self.next_key(event),
                acquired_on: lot.acquired_on,
                quantity: lot.quantity,
                cost: lot.cost,
                cost_base: lot.cost_base,
                currency: lot.currency.clone(),
            };
            self.open(event, security, lot)?;
        }
        Ok(())
    }

    /// Closes lots that go elsewhere with their cost.
    fn remove(
        &mut self,
        event: &Event,
        security: SecurityId,
        quantity: Decimal,
        chosen: &[Choice],
    ) -> Result<(), Fault> {
        let lots = self.lots_of(security);
        let held = lots.quantity();
        if held.abs() < quantity {
            let wanted = quantity;
            return Err(Fault::NotHeld { held, wanted });
        }
        let taken = lots.take(share::signed(quantity, held), chosen)?;
        self.carry(event, security, &taken)
    }

    fn take_held(&mut self, security: SecurityId) -> Result<Vec<OpenLot>, Fault> {
        let lots = self.lots_of(security).take_all()?;
        if lots.is_empty() {
            return Err(Fault::NothingHeld);
        }
        Ok(lots)
    }

    /// Closes lots whose whole cost goes on into others.
    fn carry(
        &mut self,
        event: &Event,
        security: SecurityId,
        lots: &[OpenLot],
    ) -> Result<(), Fault> {
        let carried: Vec<LotCost> = lots.iter().map(cost_of).collect();
        self.close_for_cash(event, security, lots, &carried, Decimal::ZERO)
    }

    /// Closes lots for cash, which is apportioned by units.
    fn close_for_cash(
        &mut self,
        event: &Event,
        security: SecurityId,
        lots: &[OpenLot],
        carried: &[LotCost],
        cash: Decimal,
    ) -> Result<(), Fault> {
        let quantities: Vec<Decimal> = lots.iter().map(|lot| lot.quantity).collect();
        let shares = share::apportion(cash, &quantities)?;
        for ((lot, cash), carried) in lots.iter().zip(shares).zip(carried) {
            self.write_closing(event, security, lot, cash, *carried)?;
        }
        Ok(())
    }

    fn reopen(&mut self, event: &Event, security: SecurityId, lot: OpenLot) -> Result<(), Fault> {
        let key = self.next_key(event);
        self.open(event, security, OpenLot { key, ..lot })
    }

    /// Opens lots of other units with the cost and the dates of the old ones. The fraction of a unit, all
    /// lots together, is sold for `in_lieu`.
    fn open_in_exchange(
        &mut self,
        event: &Event,
        security: SecurityId,
        lots: &[OpenLot],
        exchange: Exchange,
        in_lieu: Option<Decimal>,
    ) -> Result<(), Fault> {
        let quantities: Vec<Decimal> = lots.iter().map(|lot| lot.quantity).collect();
        let units = exchange.of(amounts::sum(quantities.clone())?)?;
        let shares = share::apportion_units(units, &quantities)?;
        for (lot, quantity) in lots.iter().zip(shares) {
            // So small that its cost would have no units to stand on.
            if quantity.is_zero() {
                return Err(Fault::Overflow);
            }
            let lot = OpenLot {
                quantity,
                ..lot.clone()
            };
            self.reopen(event, security, lot)?;
        }
        match in_lieu {
            Some(cash) => self.sell_fraction(event, security, units, cash),
            None => Ok(()),
        }
    }

    fn sell_fraction(
        &mut self,
        event: &Event,
        security: SecurityId,
        units: Decimal,
        cash: Decimal,
    ) -> Result<(), Fault> {
        let fraction = units.fract();
        if fraction.is_zero() {
            return Err(Fault::NoFraction);
        }
        let taken = self.lots_of(security).take_in_order(fraction)?;
        self.write_closings(event, security, &taken, cash)
    }

    /// Cash takes from the cost of each lot, by units, and is gain where nothing is left to take from.
    fn return_capital(
        &mut self,
        event: &Event,
        security: SecurityId,
        cash: Decimal,
    ) -> Result<(), Fault> {
        let lots = self.take_held(security)?;
        let quantities: Vec<Decimal> = lots.iter().map(|lot| lot.quantity).collect();
        let shares = share::apportion(cash, &quantities)?;
        let mut reduced = Vec::with_capacity(lots.len());
        for (lot, cash) in lots.iter().zip(&shares) {
            reduced.push(less(lot, *cash)?);
        }
        let carried: Vec<LotCost> = reduced.iter().map(cost_of).collect();
        self.close_for_cash(event, security, &lots, &carried, cash)?;
        for lot in reduced {
            self.reopen(event, security, lot)?;
        }
        Ok(())
    }
}

impl Exchange {
    /// The new units for `units` old ones.
    fn of(self, units: Decimal) -> Result<Decimal, Fault> {
        let new = amounts::product(units, self.new)?
            .checked_div(self.old)
            .ok_or(Fault::Overflow)?;
        let decimals = share::decimals_beside(new);
        Ok(new
            .round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven)
            .normalize())
    }
}

fn cost_of(lot: &OpenLot) -> LotCost {
    (lot.cost, lot.cost_base)
}

/// A lot of the same units with `cash` less cost, of which nothing is left below zero.
fn less(lot: &OpenLot, cash: Decimal) -> Result<OpenLot, Fault> {
    let taken = if cash.abs() < lot.cost.abs() {
        cash
    } else {
        lot.cost
    };
    let base = lot.cost_base.map(|base| share::part(base, taken, lot.cost));
    let taken_base = base.transpose()?;
    let cost_base = lot.cost_base.zip(taken_base);
    Ok(OpenLot {
        cost: amounts::subtract(lot.cost, taken)?,
        cost_base: cost_base
            .map(|(base, taken)| amounts::subtract(base, taken))
            .transpose()?,
        ..lot.clone()
    })
}

/// The lots twice: with what is left of their cost, and with the part of it that is `share`.
fn divide_cost(lots: &[OpenLot], share: Decimal) -> Result<(Vec<OpenLot>, Vec<OpenLot>), Fault> {
    let (mut rest, mut parts) = (Vec::new(), Vec::new());
    for lot in lots {
        let part = |amount| share::part(amount, share, Decimal::ONE);
        let cost = part(lot.cost)?;
        let cost_base = lot.cost_base.map(part).transpose()?;
        let left_base = lot.cost_base.zip(cost_base);
        rest.push(OpenLot {
            cost: amounts::subtract(lot.cost, cost)?,
            cost_base: left_base
                .map(|(all, part)| amounts::subtract(all, part))
                .transpose()?,
            ..lot.clone()
        });
        parts.push(OpenLot {
            cost,
            cost_base,
            ..lot.clone()
        });
    }
    Ok((rest, parts))
}
