//! Booking lots anew, some securities at a time: what is in memory does not grow with the books.

use db::Tx;
use entity::books::portfolio;
use identity::Ctx;

use super::{
    Change, Rebooked,
    affected::{self, Scope},
    event::event_of,
    restore, write,
};
use crate::Error;

/// Books the lots of a portfolio anew from where they change.
pub(crate) async fn rebook(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: &portfolio::Model,
    change: Change,
) -> Result<Rebooked, Error> {
    rebook_telling(ctx, tx, portfolio, change, &|_, _| {}).await
}

/// As [`rebook`]; tells how many securities of all are done.
pub(super) async fn rebook_telling(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: &portfolio::Model,
    change: Change,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Rebooked, Error> {
    let scopes = affected::scopes(ctx, tx, portfolio, change).await?;
    let all = scopes.iter().map(|scope| scope.securities.len()).sum();
    let (mut rebooked, mut done) = (Rebooked::default(), 0);
    for scope in scopes {
        done += scope.securities.len();
        let booked = rebook_scope(ctx, tx, portfolio, scope).await?;
        rebooked.lots += booked.lots;
        rebooked.closures += booked.closures;
        progress(done, all);
    }
    Ok(rebooked)
}

async fn rebook_scope(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: &portfolio::Model,
    scope: Scope,
) -> Result<Rebooked, Error> {
    let affected = affected::load(ctx, tx, portfolio, scope).await?;
    let mut restored = restore::restore(ctx, tx, portfolio, &affected).await?;
    for row in &affected.transactions {
        if let Some(event) = event_of(row)? {
            restored.book.book(&event).map_err(Error::Unbookable)?;
        }
    }
    write::write(ctx, tx, portfolio, &affected, restored).await
}
