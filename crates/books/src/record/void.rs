//! Taking a transaction out of the books again; it stays to be asked for.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use db::{ConnectionTrait, Tx};
use entity::{
    books::{cash_flow, portfolio, transaction},
    values::{PortfolioId, TransactionId},
};
use identity::Ctx;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{Change, NewTransaction, rebook, recording::next_revision, update_portfolio};
use crate::{Error, portfolios, transactions};

const IDS_AT_ONCE: usize = 500;

/// Voids a transaction: from now on it counts no more, and the lots are booked as if it had not been.
///
/// # Errors
/// [`Error::TransactionNotFound`], [`Error::AlreadyVoided`]; [`Error::Unbookable`] names the later
/// transaction that cannot do without it.
pub async fn void(
    ctx: &Ctx,
    tx: &Tx,
    portfolio_id: PortfolioId,
    id: TransactionId,
) -> Result<transaction::Model, Error> {
    let portfolio = portfolios::lock_recorded(ctx, tx, portfolio_id).await?;
    let next = next_revision(ctx, &portfolio);
    let mut voided = void_all(ctx, tx, &next, &[id]).await?;
    rebook(ctx, tx, &next, Change::by(voided.values())?).await?;
    update_portfolio(tx, &portfolio, &next).await?;
    voided.remove(&id).ok_or(Error::TransactionNotFound { id })
}

/// Voids what new transactions correct. A new one of the same date takes the place of the old one in the
/// order of booking.
pub(super) async fn void_corrected(
    ctx: &Ctx,
    tx: &Tx,
    next: &portfolio::Model,
    new: &[NewTransaction],
    rows: &mut [transaction::Model],
) -> Result<Vec<transaction::Model>, Error> {
    let corrected: Vec<TransactionId> = new.iter().filter_map(|one| one.corrects).collect();
    let voided = void_all(ctx, tx, next, &corrected).await?;
    for row in rows {
        let old = row.voids_id.and_then(|id| voided.get(&id));
        if let Some(old) = old.filter(|old| old.trade_date == row.trade_date) {
            row.sequence = old.sequence;
        }
    }
    Ok(voided.into_values().collect())
}

async fn void_all(
    ctx: &Ctx,
    tx: &Tx,
    next: &portfolio::Model,
    ids: &[TransactionId],
) -> Result<HashMap<TransactionId, transaction::Model>, Error> {
    let mut voided = HashMap::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let rows = transaction::Entity::find()
            .filter(transactions::of_portfolio(ctx, next.id))
            .filter(transaction::Column::Id.is_in(ids.iter().copied()))
            .all(tx)
            .await?;
        voided.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let mut seen = HashSet::new();
    for id in ids {
        let row = voided
            .get(id)
            .ok_or(Error::TransactionNotFound { id: *id })?;
        if row.voided_at.is_some() || !seen.insert(id) {
            return Err(Error::AlreadyVoided { id: *id });
        }
    }
    let (now, revision) = (ctx.now(), next.books_revision);
    for ids in ids.chunks(IDS_AT_ONCE) {
        write_void(ctx, tx, now, revision, ids).await?;
    }
    for row in voided.values_mut() {
        row.voided_at = Some(now);
        row.voided_revision = Some(revision);
    }
    Ok(voided)
}

async fn write_void(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    revision: i64,
    ids: &[TransactionId],
) -> Result<(), Error> {
    let row = transaction::ActiveModel {
        voided_at: Set(Some(now)),
        voided_revision: Set(Some(revision)),
        ..Default::default()
    };
    transaction::Entity::update_many()
        .set(row)
        .filter(transaction::Column::UserId.eq(ctx.scope))
        .filter(transaction::Column::Id.is_in(ids.iter().copied()))
        .exec(db)
        .await?;
    cash_flow::Entity::update_many()
        .col_expr(cash_flow::Column::SupersededRevision, Expr::value(revision))
        .filter(cash_flow::Column::UserId.eq(ctx.scope))
        .filter(cash_flow::Column::TransactionId.is_in(ids.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}
