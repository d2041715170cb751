//! The lots of a portfolio that follows a ledger, which names them itself.

use std::collections::HashMap;

use db::ConnectionTrait;
use entity::{
    books::{lot, lot_closure, portfolio, transaction},
    values::{LotId, Money, Rate, SecurityId, TransactionId},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::BookedLots;
use crate::{
    Error, amounts,
    booking::{Closing, Event, LotKey, Movement, OpenLot, Opening},
    dates::bound,
    holdings::AsOf,
};

/// What a ledger has opened and closed up to a moment.
pub(super) struct Named {
    /// In the order of booking.
    rows: Vec<transaction::Model>,
    lots: Vec<lot::Model>,
    closures: Vec<lot_closure::Model>,
}

impl Named {
    pub(super) async fn load(
        ctx: &Ctx,
        db: &impl ConnectionTrait,
        portfolio: &portfolio::Model,
        asof: AsOf,
        rows: Vec<transaction::Model>,
    ) -> Result<Self, Error> {
        let lots = lot::Entity::find()
            .filter(lot::Column::UserId.eq(ctx.scope))
            .filter(lot::Column::PortfolioId.eq(portfolio.id))
            .order_by_asc(lot::Column::AcquiredOn)
            .order_by_asc(lot::Column::Id)
            .all(db)
            .await?;
        let closures = lot_closure::Entity::find()
            .filter(lot_closure::Column::UserId.eq(ctx.scope))
            .filter(lot_closure::Column::PortfolioId.eq(portfolio.id))
            .filter(lot_closure::Column::ClosedOn.lte(bound(asof.date)))
            .order_by_asc(lot_closure::Column::ClosedOn)
            .order_by_asc(lot_closure::Column::Id)
            .all(db)
            .await?;
        Ok(Self {
            rows,
            lots,
            closures,
        })
    }

    /// The lots as the ledger has them.
    pub(super) fn read(&self, into: &mut BookedLots) -> Result<(), Error> {
        let rows: HashMap<TransactionId, &transaction::Model> =
            self.rows.iter().map(|row| (row.id, row)).collect();
        let mut open: Vec<(LotId, SecurityId, OpenLot)> = Vec::new();
        for lot in &self.lots {
            let Some(opener) = rows.get(&lot.opened_by_transaction_id) else {
                continue;
            };
            let opening = opening_of(lot, opener)?;
            open.push((lot.id, lot.security_id, OpenLot::from(&opening)));
            into.openings.push(opening);
        }
        let places: HashMap<LotId, usize> = open
            .iter()
            .enumerate()
            .map(|(at, (id, ..))| (*id, at))
            .collect();
        for closure in &self.closures {
            let closed_by = rows.get(&closure.transaction_id);
            let lot = places.get(&closure.lot_id).map(|at| &mut open[*at]);
            if let (Some(row), Some((_, security, lot))) = (closed_by, lot) {
                into.closings.push(take(closure, row, *security, lot)?);
            }
        }
        let open = open
            .into_iter()
            .filter(|(_, _, lot)| !lot.quantity.is_zero());
        into.open = open.map(|(_, security, lot)| (security, lot)).collect();
        Ok(())
    }

    /// What moved units, without the lots that the ledger names: each purchase at the ledger's cost, each sale for
    /// what it brought.
    pub(super) fn events(&self, portfolio: &str) -> Result<Vec<Event>, Error> {
        let lots: HashMap<LotId, &lot::Model> = self.lots.iter().map(|lot| (lot.id, lot)).collect();
        let mut opened: HashMap<TransactionId, Vec<&lot::Model>> = HashMap::new();
        for lot in &self.lots {
            let by = lot.opened_by_transaction_id;
            opened.entry(by).or_default().push(lot);
        }
        let mut closed: HashMap<TransactionId, Vec<(&lot_closure::Model, &lot::Model)>> =
            HashMap::new();
        for closure in &self.closures {
            if let Some(lot) = lots.get(&closure.lot_id) {
                let by = closed.entry(closure.transaction_id).or_default();
                by.push((closure, lot));
            }
        }
        let mut events = Vec::new();
        for row in &self.rows {
            let leaving = closed.get(&row.id).map_or(&[][..], Vec::as_slice);
            events.extend(sale(row, leaving, portfolio)?);
            for lot in opened.get(&row.id).into_iter().flatten() {
                events.push(purchase(row, lot));
            }
        }
        Ok(events)
    }
}

/// A lot that a transaction opens; negative units are sold short.
fn purchase(row: &transaction::Model, lot: &lot::Model) -> Event {
    let (units, cost) = (lot.quantity_original.decimal(), lot.cost_basis.decimal());
    let movement = if units.is_sign_negative() {
        Movement::Dispose {
            security: lot.security_id,
            quantity: -units,
            proceeds: -cost,
            chosen: Vec::new(),
        }
    } else {
        Movement::Acquire {
            security: lot.security_id,
            quantity: units,
            cost,
            acquired_on: Some(lot.acquired_on),
        }
    };
    Event {
        transaction: row.id,
        date: row.trade_date,
        currency: lot.cost_currency.clone(),
        rate: lot.fx_rate,
        movement,
    }
}

/// What a transaction takes from lots of one security and currency, all together.
///
/// Without a price the ledger takes the lots' own cost for what they brought: units were moved or exchanged. What
/// they bring would follow from the method.
fn sale(
    row: &transaction::Model,
    closed: &[(&lot_closure::Model, &lot::Model)],
    portfolio: &str,
) -> Result<Option<Event>, Error> {
    let Some((_, lot)) = closed.first() else {
        return Ok(None);
    };
    if row.price.is_none() {
        return Err(Error::LedgerNamesLots {
            portfolio: portfolio.to_owned(),
            date: row.trade_date,
            narration: row.narration.clone(),
        });
    }
    let parts = closed.iter().map(|(closure, _)| closure);
    let units = amounts::sum(parts.clone().map(|part| part.quantity.decimal()).collect())?;
    let proceeds = amounts::sum(parts.map(|part| part.proceeds.decimal()).collect())?;
    let movement = if units.is_sign_negative() {
        Movement::Acquire {
            security: lot.security_id,
            quantity: -units,
            cost: -proceeds,
            acquired_on: None,
        }
    } else {
        Movement::Dispose {
            security: lot.security_id,
            quantity: units,
            proceeds,
            chosen: Vec::new(),
        }
    };
    Ok(Some(Event {
        transaction: row.id,
        date: row.trade_date,
        currency: lot.cost_currency.clone(),
        rate: row.fx_rate.filter(|_| row.currency == lot.cost_currency),
        movement,
    }))
}

fn opening_of(lot: &lot::Model, opener: &transaction::Model) -> Result<Opening, Error> {
    let cost_basis = lot.cost_basis.decimal();
    let rate = lot.fx_rate.map(Rate::decimal);
    Ok(Opening {
        lot: LotKey {
            opened_by: lot.opened_by_transaction_id,
            ordinal: 0,
        },
        security: lot.security_id,
        opened_on: opener.trade_date,
        acquired_on: lot.acquired_on,
        quantity: lot.quantity_original.decimal(),
        cost_basis,
        cost_basis_base: rate
            .map(|rate| amounts::product(cost_basis, rate))
            .transpose()?,
        currency: lot.cost_currency.clone(),
    })
}

/// Takes a closure's units from its lot. A ledger's gains in base currency follow from the rates of both
/// days.
fn take(
    closure: &lot_closure::Model,
    row: &transaction::Model,
    security: SecurityId,
    lot: &mut OpenLot,
) -> Result<Closing, Error> {
    let (quantity, cost) = (closure.quantity.decimal(), closure.cost_basis.decimal());
    let gain = closure.realized_gain.decimal();
    let rate = row
        .fx_rate
        .filter(|_| row.currency == lot.currency)
        .map(Rate::decimal);
    let in_base = |amount| rate.map(|rate| amounts::product(amount, rate)).transpose();
    let proceeds = closure.proceeds.decimal();
    let fx_gain = closure.fx_gain.map(Money::decimal);
    let gain_base = in_base(gain)?.zip(fx_gain);
    let left = |whole, taken| amounts::subtract(whole, taken);
    let then = in_base(cost)?
        .zip(fx_gain)
        .map(|(now, gain)| left(now, gain));
    let cost_basis_base = then.transpose()?;
    lot.quantity = left(lot.quantity, quantity)?;
    lot.cost = left(lot.cost, cost)?;
    let base = lot.cost_base.zip(cost_basis_base);
    lot.cost_base = base.map(|(all, taken)| left(all, taken)).transpose()?;
    Ok(Closing {
        lot: lot.key,
        transaction: row.id,
        security,
        closed_on: closure.closed_on,
        acquired_on: lot.acquired_on,
        quantity,
        proceeds,
        proceeds_base: in_base(proceeds)?,
        cost_basis: cost,
        cost_basis_base,
        carried_basis: closure.carried_basis.decimal(),
        realized_gain: gain,
        realized_gain_base: gain_base
            .map(|(own, fx)| amounts::add(own, fx))
            .transpose()?,
        fx_gain,
        currency: lot.currency.clone(),
    })
}
