//! Holdings from the database.
//!
//! The database puts the values of a group side by side, as one text; the program reads and adds
//! them. That is a few hundred rows to fetch instead of all transactions, and no arithmetic in SQL.
//! What belongs together is joined here too: without statistics, as after a first import, PostgreSQL
//! joins these tables by comparing every row with every other.

use std::{
    cmp,
    collections::{HashMap, HashSet},
    str::FromStr,
};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{
        lot::{self, Column as Lot},
        lot_closure::Column as Closure,
        portfolio, security,
        transaction::{self, Column as Transaction},
    },
    values::{LotId, PortfolioId, Price, Quantity, Rate, SecurityId, TransactionId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{
    ColumnTrait, ColumnType, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect,
    sea_query::{Expr, ExprTrait, Func, SimpleExpr},
};

use super::{
    AsOf, CashBalance, Holding, Holdings, SecurityRef,
    assemble::{Held, LotKey, Terms},
    recorded,
};
use crate::{Error, lots, transactions};

/// What the portfolio holds at `asof`. A lot counts if the transaction that opened it does, and what
/// was taken from it if the transaction that took it does, so that units and lots always agree.
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
    let (held, cash) = if portfolio.is_recorded {
        recorded::held(ctx, db, portfolio, asof).await?
    } else {
        imported(ctx, db, portfolio.id, asof).await?
    };
    Ok(Holdings {
        base_currency: portfolio.base_currency.clone(),
        asof_date: asof.date,
        books_revision: revision,
        securities: named(db, held).await?,
        cash,
    })
}

/// Of a portfolio that follows a ledger: the ledger says what a lot costs a unit.
async fn imported(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
) -> Result<(Vec<(SecurityId, Held)>, Vec<CashBalance>), Error> {
    let mut terms = Terms::new();
    let counted = add_movements(ctx, db, portfolio_id, asof, &mut terms).await?;
    let lots = lots_by_key(ctx, db, portfolio_id).await?;
    let closures = closures(ctx, db, portfolio_id, asof).await?;
    add_lots(lots, closures, &counted, &mut terms);
    Ok((terms.held()?, terms.balances()?))
}

/// Adds units and cash; the answer is which transactions of securities count.
async fn add_movements(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
    terms: &mut Terms<SecurityId, String>,
) -> Result<HashSet<TransactionId>, Error> {
    type Group = (Option<SecurityId>, String, String, String, String);
    let backend = db.get_database_backend();
    let groups: Vec<Group> = transaction::Entity::find()
        .filter(transactions::counts(ctx, portfolio_id, asof))
        .select_only()
        .columns([Transaction::SecurityId, Transaction::Currency])
        .expr(side_by_side(backend, Transaction::Id))
        .expr(side_by_side(backend, Transaction::Quantity))
        .expr(side_by_side(backend, Transaction::Amount))
        .group_by(Transaction::SecurityId)
        .group_by(Transaction::Currency)
        .into_tuple()
        .all(db)
        .await?;
    let mut counted = HashSet::new();
    for (security, currency, ids, quantities, amounts) in groups {
        if let Some(security) = security {
            counted.extend(values::<TransactionId>(&ids)?);
            terms.add_units(security, numbers(&quantities)?);
        }
        terms.add_cash(currency, numbers(&amounts)?);
    }
    Ok(counted)
}

/// The rows that are one lot by what they cost.
struct LotGroup {
    security_id: SecurityId,
    key: LotKey,
    rows: Vec<(LotId, TransactionId, Decimal)>,
}

async fn lots_by_key(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
) -> Result<Vec<LotGroup>, Error> {
    #[derive(FromQueryResult)]
    struct Group {
        security_id: SecurityId,
        acquired_on: NaiveDate,
        unit_cost: Price,
        cost_currency: String,
        label: Option<String>,
        fx_rate: Option<Rate>,
        ids: String,
        opened_by: String,
        quantities: String,
    }

    let backend = db.get_database_backend();
    let key = [
        Lot::SecurityId,
        Lot::AcquiredOn,
        Lot::UnitCost,
        Lot::CostCurrency,
        Lot::Label,
        Lot::FxRate,
    ];
    let lots = lot::Entity::find()
        .filter(Lot::UserId.eq(ctx.scope))
        .filter(Lot::PortfolioId.eq(portfolio_id))
        .select_only()
        .columns(key)
        .expr_as(side_by_side(backend, Lot::Id), "ids")
        .expr_as(
            side_by_side(backend, Lot::OpenedByTransactionId),
            "opened_by",
        )
        .expr_as(side_by_side(backend, Lot::QuantityOriginal), "quantities");
    let grouped = key.into_iter().fold(lots, QuerySelect::group_by);
    let groups: Vec<Group> = grouped.into_model().all(db).await?;
    let read = |group: Group| {
        Ok(LotGroup {
            rows: rows_of(&group.ids, &group.opened_by, &group.quantities)?,
            security_id: group.security_id,
            key: LotKey {
                acquired_on: group.acquired_on,
                unit_cost: group.unit_cost,
                cost_currency: group.cost_currency,
                label: group.label,
                fx_rate: group.fx_rate,
            },
        })
    };
    groups.into_iter().map(read).collect()
}

/// What was taken from lots, and by which transactions.
async fn closures(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
) -> Result<Vec<(LotId, TransactionId, Decimal)>, Error> {
    let backend = db.get_database_backend();
    let all: Option<(Option<String>, Option<String>, Option<String>)> =
        lots::known_closures(ctx, portfolio_id, asof)
            .select_only()
            .expr(side_by_side(backend, Closure::LotId))
            .expr(side_by_side(backend, Closure::TransactionId))
            .expr(side_by_side(backend, Closure::Quantity))
            .into_tuple()
            .one(db)
            .await?;
    match all {
        Some((Some(lots), Some(closed_by), Some(quantities))) => {
            rows_of(&lots, &closed_by, &quantities)
        }
        _ => Ok(Vec::new()),
    }
}

fn add_lots(
    groups: Vec<LotGroup>,
    closures: Vec<(LotId, TransactionId, Decimal)>,
    counted: &HashSet<TransactionId>,
    terms: &mut Terms<SecurityId, String>,
) {
    let mut taken: HashMap<LotId, Vec<Decimal>> = HashMap::new();
    for (lot, _, quantity) in closures
        .into_iter()
        .filter(|(_, by, _)| counted.contains(by))
    {
        taken.entry(lot).or_default().push(-quantity);
    }
    for group in groups {
        let mut changes = Vec::new();
        for (id, _, quantity) in group.rows.iter().filter(|(_, by, _)| counted.contains(by)) {
            changes.push(*quantity);
            changes.extend(taken.get(id).into_iter().flatten());
        }
        terms.add_to_lot(group.security_id, group.key, changes);
    }
}

/// The values of a group as one text with spaces between them. Several such texts of one query have
/// their values in the same order.
pub(super) fn side_by_side(backend: DbBackend, column: impl ColumnTrait) -> SimpleExpr {
    let value = Expr::col(column.as_column_ref());
    let is_id = matches!(column.def().get_column_type(), ColumnType::Uuid);
    let joined = match backend {
        DbBackend::Sqlite if is_id => Func::cust("group_concat").arg(Func::cust("hex").arg(value)),
        DbBackend::Sqlite => Func::cust("group_concat").arg(value),
        _ => Func::cust("string_agg").arg(value.cast_as("text")),
    };
    joined.arg(" ").into()
}

fn rows_of<I: FromStr>(
    ids: &str,
    transactions: &str,
    quantities: &str,
) -> Result<Vec<(I, TransactionId, Decimal)>, Error>
where
    I::Err: ToString,
{
    let ids = values(ids)?.into_iter().zip(values(transactions)?);
    Ok(ids
        .zip(numbers(quantities)?)
        .map(|((id, by), quantity)| (id, by, quantity))
        .collect())
}

pub(super) fn numbers(text: &str) -> Result<Vec<Decimal>, Error> {
    Ok(values::<Quantity>(text)?
        .into_iter()
        .map(Quantity::decimal)
        .collect())
}

pub(super) fn values<T: FromStr>(text: &str) -> Result<Vec<T>, Error>
where
    T::Err: ToString,
{
    let read: Result<Vec<T>, T::Err> = text.split(' ').map(str::parse).collect();
    read.map_err(|error| DbErr::Type(error.to_string()).into())
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
