//! Holdings from the database.
//!
//! The database puts the numbers of one sum side by side, as text; the program reads and adds them.
//! That is a few hundred rows to fetch instead of all transactions, and no arithmetic in SQL.

use std::{cmp, collections::HashMap};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{
        lot::{self, Column as Lot},
        lot_closure::{self, Column as Closure},
        portfolio, security,
        transaction::{self, Column as Transaction},
    },
    values::{PortfolioId, Price, Quantity, Rate, SecurityId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{
    ColumnTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect, RelationDef, Select,
    sea_query::{Expr, ExprTrait, Func, SimpleExpr},
};

use super::{
    AsOf, Holding, Holdings, SecurityRef,
    assemble::{Held, LotKey, Terms},
};
use crate::{Error, transactions};

/// What the portfolio holds at `asof`. A lot counts if the transaction that opened it does, and so
/// does what was taken from it, so that units and lots always agree.
pub async fn holdings(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    asof: AsOf,
) -> Result<Holdings, Error> {
    let newest = portfolio.books_revision;
    let revision = asof
        .revision
        .map_or(newest, |known| cmp::min(known, newest));
    let asof = AsOf {
        revision: Some(revision),
        ..asof
    };
    let mut terms = Terms::new();
    add_movements(ctx, db, portfolio.id, asof, &mut terms).await?;
    for opened in lot_changes(db, openings(ctx, portfolio.id, asof), Lot::QuantityOriginal).await? {
        let quantities = numbers(&opened.quantities)?;
        terms.add_to_lot(opened.security_id, opened.into_key(), quantities);
    }
    for closed in lot_changes(db, closures(ctx, portfolio.id, asof), Closure::Quantity).await? {
        let quantities = numbers(&closed.quantities)?
            .into_iter()
            .map(|quantity| -quantity);
        terms.add_to_lot(closed.security_id, closed.into_key(), quantities);
    }
    Ok(Holdings {
        base_currency: portfolio.base_currency.clone(),
        asof_date: asof.date,
        books_revision: revision,
        securities: named(db, terms.held()?).await?,
        cash: terms.balances()?,
    })
}

/// Units and cash, from the transactions that count.
async fn add_movements(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
    terms: &mut Terms<SecurityId, String>,
) -> Result<(), Error> {
    let backend = db.get_database_backend();
    let rows: Vec<(Option<SecurityId>, String, String, String)> = transaction::Entity::find()
        .filter(transactions::counts(ctx, portfolio_id, asof))
        .select_only()
        .columns([Transaction::SecurityId, Transaction::Currency])
        .expr(side_by_side(backend, Transaction::Quantity))
        .expr(side_by_side(backend, Transaction::Amount))
        .group_by(Transaction::SecurityId)
        .group_by(Transaction::Currency)
        .into_tuple()
        .all(db)
        .await?;
    for (security, currency, quantities, amounts) in rows {
        if let Some(security) = security {
            terms.add_units(security, numbers(&quantities)?);
        }
        terms.add_cash(currency, numbers(&amounts)?);
    }
    Ok(())
}

/// The lots that counted transactions opened.
fn openings(ctx: &Ctx, portfolio_id: PortfolioId, asof: AsOf) -> Select<lot::Entity> {
    let opened_by: RelationDef = lot::Entity::belongs_to(transaction::Entity)
        .from((Lot::UserId, Lot::OpenedByTransactionId))
        .to((Transaction::UserId, Transaction::Id))
        .into();
    lot::Entity::find()
        .join(JoinType::InnerJoin, opened_by)
        .filter(Lot::UserId.eq(ctx.scope))
        .filter(Lot::PortfolioId.eq(portfolio_id))
        .filter(transactions::are_known(asof))
}

/// What counted transactions took from lots.
fn closures(ctx: &Ctx, portfolio_id: PortfolioId, asof: AsOf) -> Select<lot_closure::Entity> {
    let closed_by: RelationDef = lot_closure::Entity::belongs_to(transaction::Entity)
        .from((Closure::UserId, Closure::TransactionId))
        .to((Transaction::UserId, Transaction::Id))
        .into();
    let of_lot: RelationDef = lot_closure::Entity::belongs_to(lot::Entity)
        .from((Closure::UserId, Closure::LotId))
        .to((Lot::UserId, Lot::Id))
        .into();
    lot_closure::Entity::find()
        .join(JoinType::InnerJoin, closed_by)
        .join(JoinType::InnerJoin, of_lot)
        .filter(Closure::UserId.eq(ctx.scope))
        .filter(Closure::PortfolioId.eq(portfolio_id))
        .filter(Closure::ClosedOn.lte(asof.date))
        .filter(transactions::are_known(asof))
}

/// Units that came into or went out of what is one lot.
#[derive(FromQueryResult)]
struct LotChange {
    security_id: SecurityId,
    acquired_on: NaiveDate,
    unit_cost: Price,
    cost_currency: String,
    label: Option<String>,
    fx_rate: Option<Rate>,
    quantities: String,
}

impl LotChange {
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

async fn lot_changes<E: EntityTrait>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
    quantity: impl ColumnTrait,
) -> Result<Vec<LotChange>, DbErr> {
    let key = [
        Lot::SecurityId,
        Lot::AcquiredOn,
        Lot::UnitCost,
        Lot::CostCurrency,
        Lot::Label,
        Lot::FxRate,
    ];
    let quantities = side_by_side(db.get_database_backend(), quantity);
    let selected = rows
        .select_only()
        .columns(key)
        .expr_as(quantities, "quantities");
    let grouped = key.into_iter().fold(selected, QuerySelect::group_by);
    grouped.into_model().all(db).await
}

/// The numbers of a group as one text, with spaces between them.
fn side_by_side(backend: DbBackend, column: impl ColumnTrait) -> SimpleExpr {
    let column = Expr::col(column.as_column_ref());
    let joined = match backend {
        DbBackend::Sqlite => Func::cust("group_concat").arg(column),
        _ => Func::cust("string_agg").arg(column.cast_as("text")),
    };
    joined.arg(" ").into()
}

fn numbers(text: &str) -> Result<Vec<Decimal>, Error> {
    let read = |number: &str| number.parse().map(Quantity::decimal);
    let numbers: Result<Vec<Decimal>, _> = text.split(' ').map(read).collect();
    numbers.map_err(|error| DbErr::Type(error.to_string()).into())
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
