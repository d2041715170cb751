//! What has come out of the booking, beside what was there: the same stays, the rest is superseded.

use std::collections::{HashMap, HashSet};

use db::{ConnectionTrait, Tx, query::execute_many};
use entity::{
    books::{lot, lot_closure, portfolio, transaction},
    values::{LotClosureId, LotId, Money, Price, Quantity, TransactionId},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};

use super::{Rebooked, affected::Affected, restore::Restored};
use crate::{
    Error,
    booking::{Closing, LotKey, Opening},
};

const IDS_AT_ONCE: usize = 500;

pub(super) async fn write(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: &portfolio::Model,
    affected: &Affected,
    mut restored: Restored,
) -> Result<Rebooked, Error> {
    let booked = restored.book.take_booked();
    let mut open: HashMap<LotKey, Quantity> = HashMap::new();
    for security in &affected.scope.securities {
        let lots = restored
            .book
            .open_lots(*security)
            .map_err(Error::Unbookable)?;
        open.extend(
            lots.iter()
                .map(|lot| (lot.key, Quantity::new(lot.quantity))),
        );
    }
    let mut rows = Rows::new(ctx, portfolio, affected, restored);
    for opening in &booked.openings {
        rows.add_lot(opening)?;
    }
    for closing in &booked.closings {
        rows.add_closure(closing)?;
    }
    rows.settle(&open);
    let rebooked = Rebooked {
        lots: rows.new_lots.len(),
        closures: rows.closures.len(),
    };
    rows.write(tx).await?;
    Ok(rebooked)
}

struct Rows<'a> {
    ctx: &'a Ctx,
    portfolio: &'a portfolio::Model,
    transactions: HashMap<TransactionId, &'a transaction::Model>,
    /// Lots that stay or have come, as they were or are to be.
    lots: HashMap<LotKey, lot::Model>,
    new_lots: HashSet<LotKey>,
    old_lots: HashMap<LotKey, lot::Model>,
    closures: Vec<lot_closure::Model>,
    old_closures: HashMap<(TransactionId, LotId), Vec<lot_closure::Model>>,
    last_closed: HashMap<LotKey, chrono::NaiveDate>,
    changed_lots: Vec<lot::Model>,
}

impl<'a> Rows<'a> {
    fn new(
        ctx: &'a Ctx,
        portfolio: &'a portfolio::Model,
        affected: &'a Affected,
        restored: Restored,
    ) -> Self {
        let mut old_closures: HashMap<_, Vec<_>> = HashMap::new();
        for row in restored.old_closures {
            let key = (row.transaction_id, row.lot_id);
            old_closures.entry(key).or_default().push(row);
        }
        Self {
            ctx,
            portfolio,
            transactions: affected
                .transactions
                .iter()
                .map(|row| (row.id, row))
                .collect(),
            lots: restored.kept,
            new_lots: HashSet::new(),
            old_lots: restored.old_lots,
            closures: Vec::new(),
            old_closures,
            last_closed: HashMap::new(),
            changed_lots: Vec::new(),
        }
    }

    fn add_lot(&mut self, opening: &Opening) -> Result<(), Error> {
        let made = self.lot(opening)?;
        let old = self.old_lots.get(&opening.lot);
        let row = if old.is_some_and(|old| is_same_lot(old, &made)) {
            self.old_lots.remove(&opening.lot).unwrap_or(made)
        } else {
            self.new_lots.insert(opening.lot);
            made
        };
        self.lots.insert(opening.lot, row);
        Ok(())
    }

    fn lot(&self, opening: &Opening) -> Result<lot::Model, Error> {
        let opener = self.transactions.get(&opening.lot.opened_by);
        let now = self.ctx.now();
        let unit_cost = opening.cost_basis.checked_div(opening.quantity);
        Ok(lot::Model {
            user_id: self.ctx.scope,
            id: LotId::new(),
            portfolio_id: self.portfolio.id,
            security_id: opening.security,
            opened_by_transaction_id: opening.lot.opened_by,
            acquired_on: opening.acquired_on,
            opened_on: Some(opening.opened_on),
            sequence: opener.map_or(0, |row| row.sequence),
            ordinal: i64::from(opening.lot.ordinal),
            quantity_original: Quantity::new(opening.quantity),
            quantity_open: Quantity::new(opening.quantity),
            unit_cost: Price::new(unit_cost.ok_or(Error::Overflow)?),
            cost_basis: Money::new(opening.cost_basis),
            cost_basis_base: opening.cost_basis_base.map(Money::new),
            cost_currency: opening.currency.clone(),
            fx_rate: opener.and_then(|row| row.fx_rate),
            label: None,
            closed_on: None,
            books_revision: self.portfolio.books_revision,
            superseded_revision: None,
            created_at: now,
            updated_at: now,
        })
    }

    fn add_closure(&mut self, closing: &Closing) -> Result<(), Error> {
        let lot = self.lots.get(&closing.lot).ok_or(Error::Inconsistent)?;
        let row = self.closure(closing, lot.id);
        self.last_closed.insert(closing.lot, closing.closed_on);
        let known = self.old_closures.get_mut(&(row.transaction_id, row.lot_id));
        let same = known.and_then(|rows| {
            let at = rows.iter().position(|old| is_same_closure(old, &row))?;
            Some(rows.swap_remove(at))
        });
        if same.is_none() {
            self.closures.push(row);
        }
        Ok(())
    }

    fn closure(&self, closing: &Closing, lot_id: LotId) -> lot_closure::Model {
        lot_closure::Model {
            user_id: self.ctx.scope,
            id: LotClosureId::new(),
            portfolio_id: self.portfolio.id,
            lot_id,
            transaction_id: closing.transaction,
            security_id: Some(closing.security),
            quantity: Quantity::new(closing.quantity),
            proceeds: Money::new(closing.proceeds),
            cost_basis: Money::new(closing.cost_basis),
            carried_basis: Money::new(closing.carried_basis),
            realized_gain: Money::new(closing.realized_gain),
            proceeds_base: closing.proceeds_base.map(Money::new),
            cost_basis_base: closing.cost_basis_base.map(Money::new),
            realized_gain_base: closing.realized_gain_base.map(Money::new),
            fx_gain: closing.fx_gain.map(Money::new),
            closed_on: closing.closed_on,
            holding_days: (closing.closed_on - closing.acquired_on).num_days(),
            books_revision: self.portfolio.books_revision,
            superseded_revision: None,
            created_at: self.ctx.now(),
        }
    }

    /// Writes into the lots what is left of them.
    fn settle(&mut self, open: &HashMap<LotKey, Quantity>) {
        for (key, lot) in &mut self.lots {
            let left = open.get(key).copied().unwrap_or_default();
            let closed_on = if left.is_zero() {
                self.last_closed.get(key).copied().or(lot.closed_on)
            } else {
                None
            };
            if lot.quantity_open == left && lot.closed_on == closed_on {
                continue;
            }
            lot.quantity_open = left;
            lot.closed_on = closed_on;
            if !self.new_lots.contains(key) {
                lot.updated_at = self.ctx.now();
                self.changed_lots.push(lot.clone());
            }
        }
    }

    async fn write(mut self, tx: &Tx) -> Result<(), Error> {
        let lots: Vec<LotId> = self.old_lots.values().map(|lot| lot.id).collect();
        let closures = self.old_closures.values().flatten().map(|row| row.id);
        self.supersede_lots(tx, &lots).await?;
        self.supersede_closures(tx, &closures.collect::<Vec<_>>())
            .await?;
        let mut new: Vec<lot::Model> = Vec::with_capacity(self.new_lots.len());
        for key in &self.new_lots {
            new.extend(self.lots.remove(key));
        }
        new.sort_unstable_by_key(|lot| lot.id);
        let new: Vec<_> = new.into_iter().map(all_columns).collect();
        execute_many(tx, new).await?;
        let closures: Vec<_> = self.closures.into_iter().map(all_columns).collect();
        execute_many(tx, closures).await?;
        for lot in self.changed_lots {
            update_lot(tx, lot).await?;
        }
        Ok(())
    }

    async fn supersede_lots(&self, db: &impl ConnectionTrait, ids: &[LotId]) -> Result<(), Error> {
        for ids in ids.chunks(IDS_AT_ONCE) {
            lot::Entity::update_many()
                .col_expr(
                    lot::Column::SupersededRevision,
                    Expr::value(self.portfolio.books_revision),
                )
                .filter(lot::Column::UserId.eq(self.ctx.scope))
                .filter(lot::Column::Id.is_in(ids.iter().copied()))
                .exec(db)
                .await?;
        }
        Ok(())
    }

    async fn supersede_closures(
        &self,
        db: &impl ConnectionTrait,
        ids: &[LotClosureId],
    ) -> Result<(), Error> {
        let revision = self.portfolio.books_revision;
        for ids in ids.chunks(IDS_AT_ONCE) {
            lot_closure::Entity::update_many()
                .col_expr(
                    lot_closure::Column::SupersededRevision,
                    Expr::value(revision),
                )
                .filter(lot_closure::Column::UserId.eq(self.ctx.scope))
                .filter(lot_closure::Column::Id.is_in(ids.iter().copied()))
                .exec(db)
                .await?;
        }
        Ok(())
    }
}

fn all_columns<M, A>(row: M) -> A
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    row.into_active_model().reset_all()
}

async fn update_lot(db: &impl ConnectionTrait, lot: lot::Model) -> Result<(), Error> {
    let row = lot::ActiveModel {
        quantity_open: Set(lot.quantity_open),
        closed_on: Set(lot.closed_on),
        updated_at: Set(lot.updated_at),
        ..Default::default()
    };
    lot::Entity::update_many()
        .set(row)
        .filter(lot::Column::UserId.eq(lot.user_id))
        .filter(lot::Column::Id.eq(lot.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Apart from ids, times and what is left.
fn is_same_lot(old: &lot::Model, new: &lot::Model) -> bool {
    let figures = |lot: &lot::Model| {
        (
            lot.security_id,
            lot.acquired_on,
            lot.opened_on,
            lot.sequence,
            lot.quantity_original,
            lot.cost_basis,
            lot.cost_basis_base,
            lot.cost_currency.clone(),
        )
    };
    figures(old) == figures(new)
}

fn is_same_closure(old: &lot_closure::Model, new: &lot_closure::Model) -> bool {
    let figures = |row: &lot_closure::Model| {
        (
            (row.closed_on, row.holding_days, row.quantity),
            (
                row.proceeds,
                row.cost_basis,
                row.carried_basis,
                row.realized_gain,
            ),
            (
                row.proceeds_base,
                row.cost_basis_base,
                row.realized_gain_base,
                row.fx_gain,
            ),
        )
    };
    figures(old) == figures(new)
}
