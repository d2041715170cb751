use chrono::TimeDelta;
use db::Tx;
use entity::{
    values::{ReservationStatus, TokenReservationId, TokenUsageId},
    workflow::token_reservation::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
    sea_query::LockType,
};

use crate::{
    Error,
    tokens::{
        checks::refuse,
        prices::PriceList,
        usage::{self, Logged, NewUsage},
    },
};

/// Reservations stay for so long after they have expired.
const KEPT: TimeDelta = TimeDelta::days(7);

/// A reservation with what was used in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub reservation: Model,
    pub usage: Logged,
}

/// Counts what a call used in place of what was set aside for it; also where that is more, and after the
/// reservation has expired, since it was used all the same. The same usage may be settled again.
///
/// # Errors
///
/// [`Error::ReservationNotFound`]; [`Error::ReservationClosed`] if it was released, or settled with
/// another usage; [`Error::Invalid`] for a usage of another scope; what [`usage::log_one`] refuses.
pub async fn settle(
    ctx: &Ctx,
    tx: &Tx,
    prices: &PriceList,
    id: TokenReservationId,
    new: &NewUsage,
) -> Result<Settled, Error> {
    let reservation = lock(ctx, tx, id).await?;
    if new.scope != reservation.scope {
        refuse("/scope", "must be the scope of the reservation")?;
    }
    match (reservation.status, reservation.usage_id) {
        (ReservationStatus::Open, _) => {
            let usage = usage::log_one(ctx, tx, prices, new).await?;
            let closed = close(ctx, tx, reservation, Some(usage.usage.id)).await?;
            Ok(Settled {
                reservation: closed,
                usage,
            })
        }
        (ReservationStatus::Settled, Some(settled)) if new.request_id.is_some() => {
            let known = usage::find(ctx, tx, settled).await?;
            if !usage::is_the_same(&known, new) {
                return Err(already(&reservation));
            }
            Ok(Settled {
                reservation,
                usage: Logged {
                    usage: known,
                    was_there: true,
                },
            })
        }
        _ => Err(already(&reservation)),
    }
}

/// Gives back what was set aside. One that was released before stays so.
///
/// # Errors
///
/// [`Error::ReservationNotFound`], and [`Error::ReservationClosed`] if it was settled.
pub async fn release(ctx: &Ctx, tx: &Tx, id: TokenReservationId) -> Result<Model, Error> {
    let reservation = lock(ctx, tx, id).await?;
    match reservation.status {
        ReservationStatus::Open => close(ctx, tx, reservation, None).await,
        ReservationStatus::Released => Ok(reservation),
        ReservationStatus::Settled => Err(already(&reservation)),
    }
}

/// Deletes the scope's reservations that expired a week ago, and says how many.
pub async fn forget_old(ctx: &Ctx, tx: &Tx) -> Result<u64, Error> {
    let deleted = Entity::delete_many()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::ExpiresAt.lte(ctx.now() - KEPT))
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected)
}

async fn lock(ctx: &Ctx, tx: &Tx, id: TokenReservationId) -> Result<Model, Error> {
    let query = Entity::find_by_id((ctx.scope, id)).lock(LockType::NoKeyUpdate);
    let found = query.one(tx).await?;
    found.ok_or(Error::ReservationNotFound { id })
}

async fn close(
    ctx: &Ctx,
    tx: &Tx,
    reservation: Model,
    usage: Option<TokenUsageId>,
) -> Result<Model, Error> {
    let now = ctx.now();
    let status = match usage {
        Some(_) => ReservationStatus::Settled,
        None => ReservationStatus::Released,
    };
    let mut row = reservation.into_active_model();
    row.status = Set(status);
    row.usage_id = Set(usage);
    row.closed_at = Set(Some(now));
    row.updated_at = Set(now);
    Ok(row.update(tx).await?)
}

fn already(reservation: &Model) -> Error {
    Error::ReservationClosed {
        id: reservation.id,
        status: reservation.status,
    }
}
