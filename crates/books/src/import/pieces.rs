//! Lots as the books keep them: one for each opening, so that a row's original quantity never grows.
//!
//! To Beancount units of one cost, date and label are one lot, however often they were bought. What
//! leaves such a lot is taken from its openings in their order; their cost is the same.

use std::collections::VecDeque;

use chrono::NaiveDate;
use entity::values::Quantity;
use ledger::{Closure, Lot, PortfolioView};
use rust_decimal::Decimal;

use crate::{Error, amounts};

/// The units of one opening, and what was taken from them.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub lot: &'a Lot,
    /// Index of the entry that brought the units.
    pub opened_by: usize,
    pub quantity: Decimal,
    pub taken: Vec<Taken>,
}

/// Units that one entry took from a piece.
#[derive(Debug)]
pub(super) struct Taken {
    /// Index of the entry.
    pub closed_by: usize,
    pub quantity: Decimal,
    pub cost_basis: Decimal,
    pub proceeds: Decimal,
    pub closed_on: NaiveDate,
}

/// In the order of opening.
pub(super) fn lot_pieces(view: &PortfolioView) -> Result<Vec<Piece<'_>>, Error> {
    let mut pieces = Vec::with_capacity(view.openings.len());
    let mut open: Vec<VecDeque<(usize, Decimal)>> = vec![VecDeque::new(); view.lots.len()];
    for opening in &view.openings {
        open[opening.lot].push_back((pieces.len(), opening.quantity));
        pieces.push(Piece {
            lot: &view.lots[opening.lot],
            opened_by: opening.opened_by,
            quantity: opening.quantity,
            taken: Vec::new(),
        });
    }
    for closure in &view.closures {
        take(closure, &mut open[closure.lot], &mut pieces)?;
    }
    Ok(pieces)
}

/// Takes a closure's units from the oldest pieces of its lot.
fn take(
    closure: &Closure,
    open: &mut VecDeque<(usize, Decimal)>,
    pieces: &mut [Piece<'_>],
) -> Result<(), Error> {
    let (mut units, mut proceeds) = (closure.quantity, closure.proceeds);
    while let Some((at, left)) = open.front_mut().filter(|_| !units.is_zero()) {
        let quantity = if left.abs() < units.abs() {
            *left
        } else {
            units
        };
        let share = if quantity == units {
            proceeds
        } else {
            let share = amounts::product(proceeds, quantity)?;
            share
                .checked_div(units)
                .ok_or(Error::Overflow)?
                .round_dp(closure.proceeds.scale())
        };
        let piece = &mut pieces[*at];
        piece.taken.push(Taken {
            closed_by: closure.closed_by,
            quantity,
            cost_basis: amounts::product(quantity, piece.lot.unit_cost)?,
            proceeds: share,
            closed_on: closure.closed_on,
        });
        units -= quantity;
        proceeds -= share;
        *left -= quantity;
        if left.is_zero() {
            open.pop_front();
        }
    }
    Ok(())
}

impl Piece<'_> {
    pub(super) fn quantity_open(&self) -> Result<Quantity, Error> {
        let taken = self.taken.iter().map(|taken| -taken.quantity);
        amounts::sum(taken.chain([self.quantity]).collect()).map(Quantity::new)
    }

    /// When the last unit left.
    pub(super) fn closed_on(&self) -> Result<Option<NaiveDate>, Error> {
        let is_closed = self.quantity_open()?.is_zero();
        Ok(self
            .taken
            .last()
            .filter(|_| is_closed)
            .map(|taken| taken.closed_on))
    }
}
