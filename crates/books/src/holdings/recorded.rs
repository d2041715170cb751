//! Holdings of a portfolio whose transactions are recorded here: what was opened less what was closed.

use std::collections::HashMap;

use db::ConnectionTrait;
use entity::{
    books::{
        lot::{self, Column as Lot},
        lot_closure::{self, Column as Closure},
        portfolio,
        transaction::{self, Column as Transaction},
    },
    values::{LotId, LotMethod, Money, PortfolioId, Quantity, SecurityId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, SimpleExpr},
};

use super::{
    AsOf, CashBalance,
    assemble::{Held, balances},
    load::{numbers, side_by_side, values},
};
use crate::{Error, amounts, dates::bound, rules, transactions};

/// What stands for a number that is not known.
const UNKNOWN: &str = "-";

pub(super) async fn held(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    asof: AsOf,
) -> Result<(Vec<(SecurityId, Held)>, Vec<CashBalance>), Error> {
    let mut closed = closed(ctx, db, portfolio.id, asof).await?;
    let mut securities: HashMap<SecurityId, Vec<Left>> = HashMap::new();
    for group in opened(ctx, db, portfolio.id, asof).await? {
        let lots = group.read()?.into_iter();
        let left = securities.entry(group.security_id).or_default();
        for (id, opened) in lots {
            left.push(Left {
                opened,
                closed: closed.remove(&id).unwrap_or_default(),
                currency: group.cost_currency.clone(),
            });
        }
    }
    let is_pooled = rules::at(portfolio, asof.revision)?.method == LotMethod::Average;
    let mut held = Vec::new();
    for (security, lots) in securities {
        let sums = total(&lots, is_pooled)?;
        if sums.open_lots > 0 {
            held.push((security, sums));
        }
    }
    Ok((held, cash(ctx, db, portfolio.id, asof).await?))
}

/// Units, and what they cost in base currency.
#[derive(Clone, Copy)]
struct Part {
    quantity: Decimal,
    cost: Option<Decimal>,
}

struct Left {
    opened: Part,
    closed: Vec<Part>,
    currency: String,
}

impl Left {
    fn quantity(&self) -> Result<Decimal, Error> {
        let closed = self.closed.iter().map(|part| -part.quantity);
        amounts::sum(closed.chain([self.opened.quantity]).collect())
    }

    /// What was put in, and what was taken out, negated.
    fn costs(&self) -> impl Iterator<Item = Option<Decimal>> {
        let closed = self.closed.iter().map(|part| part.cost.map(|cost| -cost));
        closed.chain([self.opened.cost])
    }
}

/// Under the method of average cost, closed lots have left their cost to the others.
fn total(lots: &[Left], is_pooled: bool) -> Result<Held, Error> {
    let mut held = Held::default();
    let (mut quantities, mut costs) = (Vec::new(), Vec::new());
    for lot in lots {
        let quantity = lot.quantity()?;
        if !quantity.is_zero() {
            held.open_lots += 1;
            quantities.push(quantity);
        } else if !is_pooled {
            continue;
        }
        for cost in lot.costs() {
            match cost {
                Some(cost) => costs.push(cost),
                None => held.missing_cost_rate = Some(lot.currency.clone()),
            }
        }
    }
    held.quantity = Quantity::new(amounts::sum(quantities)?);
    if held.missing_cost_rate.is_none() {
        held.cost_basis = Some(Money::new(amounts::sum(costs)?));
    }
    Ok(held)
}

#[derive(FromQueryResult)]
struct Opened {
    security_id: SecurityId,
    cost_currency: String,
    ids: String,
    quantities: String,
    costs: String,
}

impl Opened {
    fn read(&self) -> Result<Vec<(LotId, Part)>, Error> {
        parts(&self.ids, &self.quantities, &self.costs)
    }
}

async fn opened(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
) -> Result<Vec<Opened>, Error> {
    let backend = db.get_database_backend();
    let rows = lot::Entity::find()
        .filter(Lot::UserId.eq(ctx.scope))
        .filter(Lot::PortfolioId.eq(portfolio_id))
        .filter(Lot::OpenedOn.lte(bound(asof.date)))
        .filter(was_known(Lot::BooksRevision, Lot::SupersededRevision, asof))
        .select_only()
        .columns([Lot::SecurityId, Lot::CostCurrency])
        .expr_as(side_by_side(backend, Lot::Id), "ids")
        .expr_as(side_by_side(backend, Lot::QuantityOriginal), "quantities")
        .expr_as(known_side_by_side(backend, Lot::CostBasisBase), "costs")
        .group_by(Lot::SecurityId)
        .group_by(Lot::CostCurrency)
        .into_model::<Opened>()
        .all(db)
        .await?;
    Ok(rows)
}

/// By lot, what was taken from it.
async fn closed(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
) -> Result<HashMap<LotId, Vec<Part>>, Error> {
    type Row = (Option<String>, Option<String>, Option<String>);
    let backend = db.get_database_backend();
    let row: Option<Row> = lot_closure::Entity::find()
        .filter(Closure::UserId.eq(ctx.scope))
        .filter(Closure::PortfolioId.eq(portfolio_id))
        .filter(Closure::ClosedOn.lte(bound(asof.date)))
        .filter(was_known(
            Closure::BooksRevision,
            Closure::SupersededRevision,
            asof,
        ))
        .select_only()
        .expr(side_by_side(backend, Closure::LotId))
        .expr(side_by_side(backend, Closure::Quantity))
        .expr(known_side_by_side(backend, Closure::CostBasisBase))
        .into_tuple()
        .one(db)
        .await?;
    let mut closed: HashMap<LotId, Vec<Part>> = HashMap::new();
    if let Some((Some(ids), Some(quantities), Some(costs))) = row {
        for (lot, part) in parts(&ids, &quantities, &costs)? {
            closed.entry(lot).or_default().push(part);
        }
    }
    Ok(closed)
}

async fn cash(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
) -> Result<Vec<CashBalance>, Error> {
    let backend = db.get_database_backend();
    let rows: Vec<(String, String)> = transaction::Entity::find()
        .filter(transactions::counts(ctx, portfolio_id, asof))
        .select_only()
        .column(Transaction::Currency)
        .expr(side_by_side(backend, Transaction::Amount))
        .group_by(Transaction::Currency)
        .into_tuple()
        .all(db)
        .await?;
    let mut terms = Vec::with_capacity(rows.len());
    for (currency, amounts) in rows {
        terms.push((currency, numbers(&amounts)?));
    }
    terms.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    balances(terms)
}

/// Whether a row was there, and not superseded, at a revision of the books.
pub(crate) fn was_known<C: ColumnTrait>(brought: C, superseded: C, asof: AsOf) -> Condition {
    match asof.revision {
        None => Condition::all().add(superseded.is_null()),
        Some(revision) => Condition::all().add(brought.lte(revision)).add(
            Condition::any()
                .add(superseded.is_null())
                .add(superseded.gt(revision)),
        ),
    }
}

fn parts<I>(ids: &str, quantities: &str, costs: &str) -> Result<Vec<(I, Part)>, Error>
where
    I: std::str::FromStr,
    I::Err: ToString,
{
    let figures = numbers(quantities)?.into_iter().zip(known(costs)?);
    let parts = figures.map(|(quantity, cost)| Part { quantity, cost });
    Ok(values(ids)?.into_iter().zip(parts).collect())
}

/// As `side_by_side`, which leaves NULL out.
fn known_side_by_side(backend: DbBackend, column: impl ColumnTrait) -> SimpleExpr {
    let number = Expr::col(column.as_column_ref()).cast_as("text");
    let known = Func::coalesce([number, Expr::val(UNKNOWN)]);
    let joined = match backend {
        DbBackend::Sqlite => Func::cust("group_concat"),
        _ => Func::cust("string_agg"),
    };
    joined.arg(known).arg(" ").into()
}

fn known(text: &str) -> Result<Vec<Option<Decimal>>, Error> {
    let read = |word: &str| match word {
        UNKNOWN => Ok(None),
        number => Ok(values::<Money>(number)?
            .first()
            .map(|money| money.decimal())),
    };
    text.split(' ').map(read).collect()
}
