//! The rows of transfers that arrive.

use std::collections::HashMap;

use db::{ConnectionTrait, Tx};
use entity::{
    books::{lot, lot_closure, portfolio, transaction},
    values::{LotId, Money, Quantity, Rate, TransactionId, TransactionKind},
};
use identity::Ctx;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{ReceivedLot, departure::arriving};
use crate::{Error, transactions};

/// The lots that a transfer takes along, in the order of their opening; `None` for one of cash.
pub(super) async fn leaving(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    departure: &transaction::Model,
    source: &portfolio::Model,
    destination: &portfolio::Model,
) -> Result<Option<Vec<ReceivedLot>>, Error> {
    if departure.security_id.is_none() {
        return Ok(None);
    }
    let closures = lot_closure::Entity::find()
        .filter(lot_closure::Column::UserId.eq(ctx.scope))
        .filter(lot_closure::Column::TransactionId.eq(departure.id))
        .filter(lot_closure::Column::SupersededRevision.is_null())
        .order_by_asc(lot_closure::Column::Id)
        .all(db)
        .await?;
    let lots = lot::Entity::find()
        .filter(lot::Column::UserId.eq(ctx.scope))
        .filter(lot::Column::Id.is_in(closures.iter().map(|closure| closure.lot_id)))
        .all(db)
        .await?;
    let lots: HashMap<LotId, lot::Model> = lots.into_iter().map(|lot| (lot.id, lot)).collect();
    let mut leaving = Vec::with_capacity(closures.len());
    for closure in closures {
        let lot = lots.get(&closure.lot_id).ok_or(Error::Inconsistent)?;
        leaving.push((lot, closure));
    }
    leaving.sort_by_key(|(lot, _)| {
        let opener = lot.opened_by_transaction_id;
        (lot.opened_on, lot.sequence, opener, lot.ordinal)
    });
    let received = leaving.into_iter();
    let received = received.map(|(lot, closure)| ReceivedLot {
        acquired_on: lot.acquired_on,
        quantity: closure.quantity,
        cost_basis: closure.cost_basis,
        cost_basis_base: if source.base_currency == destination.base_currency {
            closure.cost_basis_base
        } else {
            Some(closure.cost_basis).filter(|_| lot.cost_currency == destination.base_currency)
        },
        currency: lot.cost_currency.clone(),
    });
    Ok(Some(received.collect()))
}

/// The arrival of a transfer, without its place in the books of the portfolio that it comes to. What it cost to move
/// it was paid where it left.
pub(super) fn row(
    ctx: &Ctx,
    source: &portfolio::Model,
    destination: &portfolio::Model,
    departure: &transaction::Model,
    lots: Option<Vec<ReceivedLot>>,
) -> Result<transaction::Model, Error> {
    let fx_rate = if departure.currency == destination.base_currency {
        Some(Rate::ONE)
    } else {
        let is_same_base = source.base_currency == destination.base_currency;
        departure.fx_rate.filter(|_| is_same_base)
    };
    let amount = if departure.security_id.is_some() {
        Money::ZERO
    } else {
        arriving(departure.amount, departure.fee, departure.tax)?
    };
    let lots = lots.map(serde_json::to_value);
    Ok(transaction::Model {
        id: TransactionId::new(),
        portfolio_id: destination.id,
        kind: TransactionKind::TransferIn,
        quantity: Quantity::new(-departure.quantity.decimal()),
        price: None,
        amount,
        fee: Money::ZERO,
        tax: Money::ZERO,
        fx_rate,
        external_id: None,
        terms: None,
        counter_portfolio_id: Some(source.id),
        counter_transaction_id: Some(departure.id),
        received_lots: lots.transpose().map_err(Error::Terms)?,
        recorded_at: ctx.now(),
        created_at: ctx.now(),
        voided_at: None,
        voided_revision: None,
        ..departure.clone()
    })
}

/// The arrival of the transfer that another one corrects.
pub(super) async fn before_correction(
    ctx: &Ctx,
    tx: &Tx,
    departure: &transaction::Model,
) -> Result<Option<transaction::Model>, Error> {
    let Some(corrected) = departure.voids_id else {
        return Ok(None);
    };
    let corrected = transactions::by_id(ctx, tx, corrected).await?;
    match corrected.and_then(|row| row.counter_transaction_id) {
        Some(arrival) => transactions::by_id(ctx, tx, arrival).await,
        None => Ok(None),
    }
}

/// Names the arrival in the transfer out.
pub(super) async fn link(
    ctx: &Ctx,
    tx: &Tx,
    departure: TransactionId,
    arrival: TransactionId,
) -> Result<(), Error> {
    let linked = transaction::ActiveModel {
        counter_transaction_id: Set(Some(arrival)),
        ..Default::default()
    };
    update(ctx, tx, departure, linked).await
}

/// Gives an arrival that nobody has seen yet other lots.
pub(super) async fn rewrite(
    ctx: &Ctx,
    tx: &Tx,
    arrival: &transaction::Model,
    lots: Option<&[ReceivedLot]>,
) -> Result<(), Error> {
    let lots = lots.map(serde_json::to_value);
    let rewritten = transaction::ActiveModel {
        received_lots: Set(lots.transpose().map_err(Error::Terms)?),
        ..Default::default()
    };
    update(ctx, tx, arrival.id, rewritten).await
}

async fn update(
    ctx: &Ctx,
    tx: &Tx,
    id: TransactionId,
    row: transaction::ActiveModel,
) -> Result<(), Error> {
    transaction::Entity::update_many()
        .set(row)
        .filter(transaction::Column::UserId.eq(ctx.scope))
        .filter(transaction::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
