//! Holdings from the database: three range reads, and the names of what is held.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{lot, portfolio, security, transaction},
    values::{LotId, Money, PortfolioId, Price, Quantity, Rate, SecurityId, TransactionId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, DerivePartialModel, EntityTrait, QueryFilter, QuerySelect};

use super::{
    AsOf, Holding, Holdings, SecurityRef,
    assemble::{Held, LotKey, Terms},
};
use crate::{Error, lots, transactions};

/// What the portfolio holds at `asof`. A lot counts from the transaction that opened it, and its
/// closures from those that made them, so that units and lots always agree.
pub async fn holdings(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    asof: AsOf,
) -> Result<Holdings, Error> {
    let revision = asof
        .revision
        .unwrap_or(portfolio.books_revision)
        .min(portfolio.books_revision);
    let asof = AsOf {
        revision: Some(revision),
        ..asof
    };
    let mut terms = Terms::new();
    let counted = add_transactions(ctx, db, portfolio.id, asof, &mut terms).await?;
    let closures = lots::known_closures(ctx, portfolio.id, asof);
    let closed = lots::closed_quantities(db, closures, &counted).await?;
    for lot in lots_of(ctx, db, portfolio.id).await? {
        if counted.contains(&lot.opened_by) {
            let taken = closed
                .get(&lot.id)
                .into_iter()
                .flatten()
                .map(|quantity| -quantity);
            let changes: Vec<Decimal> = taken.chain([lot.original.decimal()]).collect();
            terms.add_to_lot(lot.security_id, lot.into_key(), changes);
        }
    }
    Ok(Holdings {
        base_currency: portfolio.base_currency.clone(),
        asof_date: asof.date,
        books_revision: revision,
        securities: named(db, terms.held()?).await?,
        cash: terms.balances()?,
    })
}

/// Adds their units and cash up; the answer is which transactions count.
async fn add_transactions(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
    terms: &mut Terms<SecurityId>,
) -> Result<HashSet<TransactionId>, Error> {
    use transaction::Column;

    type Row = (TransactionId, Option<SecurityId>, Quantity, Money, String);
    let columns = [
        Column::Id,
        Column::SecurityId,
        Column::Quantity,
        Column::Amount,
        Column::Currency,
    ];
    let rows: Vec<Row> = transactions::known(ctx, portfolio_id, asof)
        .select_only()
        .columns(columns)
        .into_tuple()
        .all(db)
        .await?;
    let mut counted = HashSet::with_capacity(rows.len());
    for (id, security, quantity, amount, currency) in rows {
        if let Some(security) = security {
            terms.add_units(security, quantity.decimal());
        }
        terms.add_cash(&currency, amount.decimal());
        counted.insert(id);
    }
    Ok(counted)
}

#[derive(DerivePartialModel)]
#[sea_orm(entity = "lot::Entity")]
struct LotRow {
    id: LotId,
    security_id: SecurityId,
    #[sea_orm(from_col = "opened_by_transaction_id")]
    opened_by: TransactionId,
    #[sea_orm(from_col = "quantity_original")]
    original: Quantity,
    unit_cost: Price,
    cost_currency: String,
    acquired_on: NaiveDate,
    label: Option<String>,
    fx_rate: Option<Rate>,
}

impl LotRow {
    fn into_key(self) -> LotKey {
        LotKey {
            acquired_on: self.acquired_on,
            unit_cost: self.unit_cost,
            cost_currency: self.cost_currency,
            label: self.label,
            fx_rate: self.fx_rate,
        }
    }
}

async fn lots_of(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
) -> Result<Vec<LotRow>, Error> {
    let query = lot::Entity::find()
        .filter(lot::Column::UserId.eq(ctx.scope))
        .filter(lot::Column::PortfolioId.eq(portfolio_id));
    Ok(query.into_partial_model().all(db).await?)
}

async fn named(
    db: &impl ConnectionTrait,
    held: Vec<(SecurityId, Held)>,
) -> Result<Vec<Holding>, Error> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let mut held: HashMap<SecurityId, Held> = held.into_iter().collect();
    let rows = security::Entity::find()
        .filter(security::Column::Id.is_in(held.keys().copied()))
        .all(db)
        .await?;
    let mut named: Vec<Holding> = rows
        .into_iter()
        .filter_map(|row| {
            held.remove(&row.id)
                .map(|sums| sums.of(SecurityRef::from(row)))
        })
        .collect();
    named.sort_by(|a, b| a.security.symbol.cmp(&b.security.symbol));
    Ok(named)
}
