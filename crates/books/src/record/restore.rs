//! The lots as they were before the first day that changes, and what followed from them.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{lot, lot_closure, portfolio},
    values::{LotId, Money, SecurityId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::affected::Affected;
use crate::{
    Error, amounts,
    booking::{Book, LotKey, OpenLot, Rules},
};

/// Ids in one statement.
const IDS_AT_ONCE: usize = 500;

pub(super) struct Restored {
    pub book: Book,
    /// Lots that were there before, and stay.
    pub kept: HashMap<LotKey, lot::Model>,
    /// Rows from the first day on, which may come out otherwise.
    pub old_lots: HashMap<LotKey, lot::Model>,
    pub old_closures: Vec<lot_closure::Model>,
}

pub(super) async fn restore(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    affected: &Affected,
) -> Result<Restored, Error> {
    let mut restored = Restored {
        book: Book::new(rules_of(portfolio)),
        kept: HashMap::new(),
        old_lots: HashMap::new(),
        old_closures: Vec::new(),
    };
    let mut before = Vec::new();
    for lot in live_lots(ctx, db, portfolio, affected).await? {
        match affected.scope.since {
            Some(since) if opened_before(&lot, since) => before.push(lot),
            _ => {
                restored.old_lots.insert(key_of(&lot), lot);
            }
        }
    }
    let mut taken: HashMap<LotId, Vec<lot_closure::Model>> = HashMap::new();
    let ids: Vec<LotId> = before
        .iter()
        .chain(restored.old_lots.values())
        .map(|lot| lot.id)
        .collect();
    for closure in closures_of(ctx, db, &ids).await? {
        match affected.scope.since {
            Some(since) if closure.closed_on < since => {
                taken.entry(closure.lot_id).or_default().push(closure);
            }
            _ => restored.old_closures.push(closure),
        }
    }
    for lot in before {
        let rest = rest_of(&lot, taken.remove(&lot.id).unwrap_or_default())?;
        if !rest.quantity.is_zero() {
            restored
                .book
                .restore(lot.security_id, rest)
                .map_err(Error::Unbookable)?;
        }
        restored.kept.insert(key_of(&lot), lot);
    }
    Ok(restored)
}

pub(crate) fn rules_of(portfolio: &portfolio::Model) -> Rules {
    Rules {
        method: portfolio.lot_method,
        allows_shorts: portfolio.allows_shorts,
    }
}

fn key_of(lot: &lot::Model) -> LotKey {
    LotKey {
        opened_by: lot.opened_by_transaction_id,
        ordinal: u32::try_from(lot.ordinal).unwrap_or(u32::MAX),
    }
}

fn opened_before(lot: &lot::Model, day: NaiveDate) -> bool {
    lot.opened_on.unwrap_or(lot.acquired_on) < day
}

/// In the order of their opening; those that were closed before the first day are of no interest.
async fn live_lots(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    affected: &Affected,
) -> Result<Vec<lot::Model>, Error> {
    let mut query = lot::Entity::find()
        .filter(lot::Column::UserId.eq(ctx.scope))
        .filter(lot::Column::PortfolioId.eq(portfolio.id))
        .filter(lot::Column::SupersededRevision.is_null())
        .filter(lot::Column::SecurityId.is_in(securities(&affected.scope.securities)));
    if let Some(since) = affected.scope.since {
        let is_open = Condition::any()
            .add(lot::Column::ClosedOn.is_null())
            .add(lot::Column::ClosedOn.gte(since));
        query = query.filter(is_open);
    }
    let rows = query
        .order_by_asc(lot::Column::OpenedOn)
        .order_by_asc(lot::Column::Sequence)
        .order_by_asc(lot::Column::OpenedByTransactionId)
        .order_by_asc(lot::Column::Ordinal)
        .all(db)
        .await?;
    Ok(rows)
}

fn securities(ids: &BTreeSet<SecurityId>) -> impl Iterator<Item = SecurityId> {
    ids.iter().copied()
}

async fn closures_of(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    lots: &[LotId],
) -> Result<Vec<lot_closure::Model>, Error> {
    let mut closures = Vec::new();
    for lots in lots.chunks(IDS_AT_ONCE) {
        let rows = lot_closure::Entity::find()
            .filter(lot_closure::Column::UserId.eq(ctx.scope))
            .filter(lot_closure::Column::LotId.is_in(lots.iter().copied()))
            .filter(lot_closure::Column::SupersededRevision.is_null())
            .all(db)
            .await?;
        closures.extend(rows);
    }
    Ok(closures)
}

/// What was left of a lot.
fn rest_of(lot: &lot::Model, taken: Vec<lot_closure::Model>) -> Result<OpenLot, Error> {
    let mut rest = OpenLot {
        key: key_of(lot),
        acquired_on: lot.acquired_on,
        quantity: lot.quantity_original.decimal(),
        cost: lot.cost_basis.decimal(),
        cost_base: lot.cost_basis_base.map(Money::decimal),
        currency: lot.cost_currency.clone(),
    };
    for closure in taken {
        rest.quantity = amounts::subtract(rest.quantity, closure.quantity.decimal())?;
        rest.cost = amounts::subtract(rest.cost, closure.cost_basis.decimal())?;
        let base = closure.cost_basis_base.map(Money::decimal);
        rest.cost_base = less(rest.cost_base, base)?;
    }
    Ok(rest)
}

fn less(from: Option<Decimal>, taken: Option<Decimal>) -> Result<Option<Decimal>, Error> {
    let both = from.zip(taken);
    both.map(|(from, taken)| amounts::subtract(from, taken))
        .transpose()
}
