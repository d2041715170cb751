//! A stored transaction as the lots see it.

use entity::{
    books::transaction,
    values::{Money, Price, Ratio, SecurityId, TransactionKind},
};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{LotChoice, ReceivedLot, Terms, UnitRatio, received::received_of};
use crate::{
    Error, amounts,
    booking::{Arrival, Choice, Event, Exchange, MergedInto, Movement},
};

/// `None` for what moves no units.
pub(crate) fn event_of(row: &transaction::Model) -> Result<Option<Event>, Error> {
    let Some(security) = row.security_id else {
        return Ok(None);
    };
    let movement = movement(row, security, &terms_of(row)?)?;
    Ok(movement.map(|movement| Event {
        transaction: row.id,
        date: row.trade_date,
        currency: row.currency.clone(),
        rate: row.fx_rate,
        movement,
    }))
}

pub(crate) fn terms_of(row: &transaction::Model) -> Result<Terms, Error> {
    let Some(terms) = &row.terms else {
        return Ok(Terms::default());
    };
    Terms::deserialize(terms).map_err(Error::Terms)
}

fn movement(
    row: &transaction::Model,
    security: SecurityId,
    terms: &Terms,
) -> Result<Option<Movement>, Error> {
    use TransactionKind as Kind;

    let quantity = row.quantity.decimal().abs();
    let amount = row.amount.decimal();
    let ratio = terms.ratio.map(exchange);
    let chosen = || terms.lots.iter().map(choice).collect();
    let in_lieu = Some(amount).filter(|cash| !cash.is_zero());
    let movement = match (row.kind, ratio, terms.into) {
        (Kind::Buy, ..) => Movement::Acquire {
            security,
            quantity,
            cost: -amount,
            acquired_on: None,
        },
        (Kind::TransferIn, ..) if let Some(lots) = received_of(row)? => Movement::Receive {
            security,
            lots: lots.into_iter().map(received).collect(),
        },
        (Kind::TransferIn, ..) => Movement::Acquire {
            security,
            quantity,
            cost: transferred_cost(row)?,
            acquired_on: terms.acquired_on,
        },
        (Kind::Sell, ..) => Movement::Dispose {
            security,
            quantity,
            proceeds: amount,
            chosen: chosen(),
        },
        (Kind::TransferOut, ..) => Movement::Remove {
            security,
            quantity,
            chosen: chosen(),
        },
        (Kind::ReturnOfCapital, ..) => Movement::ReturnCapital {
            security,
            cash: amount,
        },
        (Kind::Split, Some(exchange), _) => Movement::Split {
            security,
            exchange,
            in_lieu,
        },
        (Kind::SpinOff, Some(exchange), Some(into)) => Movement::SpinOff {
            from: security,
            into,
            exchange,
            basis_share: share(terms.basis_share),
            in_lieu,
        },
        (Kind::Merger, exchange, into) => {
            let in_lieu = terms.in_lieu.map(Money::decimal);
            let cash = amounts::subtract(amount, in_lieu.unwrap_or_default())?;
            let into = into.zip(exchange).map(|(security, exchange)| MergedInto {
                security,
                exchange,
                cash_share: share(terms.basis_share),
                in_lieu,
            });
            Movement::Merge {
                from: security,
                cash,
                into,
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(movement))
}

fn received(lot: ReceivedLot) -> Arrival {
    Arrival {
        acquired_on: lot.acquired_on,
        quantity: lot.quantity.decimal(),
        cost: lot.cost_basis.decimal(),
        cost_base: lot.cost_basis_base.map(Money::decimal),
        currency: lot.currency,
    }
}

/// At what they were bought for, the price of one; nothing where that is not known.
fn transferred_cost(row: &transaction::Model) -> Result<Decimal, Error> {
    let price = row.price.map_or(Decimal::ZERO, Price::decimal);
    amounts::product(row.quantity.decimal().abs(), price)
}

fn exchange(ratio: UnitRatio) -> Exchange {
    Exchange {
        new: ratio.new.decimal(),
        old: ratio.old.decimal(),
    }
}

fn choice(lot: &LotChoice) -> Choice {
    Choice {
        opened_by: lot.transaction_id,
        quantity: lot.quantity.decimal(),
    }
}

fn share(share: Option<Ratio>) -> Decimal {
    share.map(Ratio::decimal).unwrap_or_default()
}
