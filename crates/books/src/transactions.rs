//! The transactions of a portfolio, in the order of their dates.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{
        security,
        transaction::{self, Column},
    },
    values::{PortfolioId, SecurityId, TransactionId, TransactionKind},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    Error,
    dates::bound,
    holdings::AsOf,
    page::{Listed, Page},
    portfolios,
};

/// Which transactions are wanted; an empty filter means all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub kind: Option<TransactionKind>,
    pub security_id: Option<SecurityId>,
}

/// By trade date, and on one date in the order in which they were recorded; voided ones are among them.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    filter: &Filter,
    page: &Page<(NaiveDate, TransactionId)>,
) -> Result<Listed<transaction::Model>, Error> {
    portfolios::find(ctx, db, portfolio_id).await?;
    let mut wanted = Condition::all()
        .add_option(filter.from.map(|date| Column::TradeDate.gte(bound(date))))
        .add_option(filter.to.map(|date| Column::TradeDate.lte(bound(date))))
        .add_option(filter.kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(filter.security_id.map(|id| Column::SecurityId.eq(id)));
    if let Some((date, id)) = page.after {
        wanted = wanted
            .add(Column::TradeDate.gte(date))
            .add(Column::TradeDate.gt(date).or(Column::Id.gt(id)));
    }
    let rows = transaction::Entity::find()
        .filter(of_portfolio(ctx, portfolio_id))
        .filter(wanted)
        .order_by_asc(Column::TradeDate)
        .order_by_asc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

/// Those of one security at `asof`, oldest first.
pub async fn of_security(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    security_id: SecurityId,
    asof: AsOf,
) -> Result<Vec<transaction::Model>, Error> {
    let query = transaction::Entity::find()
        .filter(counts(ctx, portfolio_id, asof))
        .filter(Column::SecurityId.eq(security_id))
        .order_by_asc(Column::TradeDate)
        .order_by_asc(Column::Sequence)
        .order_by_asc(Column::Id);
    Ok(query.all(db).await?)
}

/// All that count at `asof` in the order of booking, each with its security's symbol if it is about one.
pub async fn counted(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    asof: AsOf,
) -> Result<Vec<(transaction::Model, Option<String>)>, Error> {
    let rows = transaction::Entity::find()
        .filter(counts(ctx, portfolio_id, asof))
        .order_by_asc(Column::TradeDate)
        .order_by_asc(Column::Sequence)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let ids: HashSet<SecurityId> = rows.iter().filter_map(|row| row.security_id).collect();
    let symbols: HashMap<SecurityId, String> = security::Entity::find()
        .filter(security::Column::Id.is_in(ids))
        .select_only()
        .columns([security::Column::Id, security::Column::Symbol])
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let with_symbol = |row: transaction::Model| {
        let symbol = row.security_id.and_then(|id| symbols.get(&id).cloned());
        (row, symbol)
    };
    Ok(rows.into_iter().map(with_symbol).collect())
}

/// Whether a transaction counts at `asof`.
pub(crate) fn counts(ctx: &Ctx, portfolio_id: PortfolioId, asof: AsOf) -> Condition {
    of_portfolio(ctx, portfolio_id)
        .add(Column::TradeDate.lte(bound(asof.date)))
        .add(was_known(asof.revision))
}

/// Whether a transaction was there, and not voided, at a revision of the books.
fn was_known(revision: Option<i64>) -> Condition {
    let not_voided = Condition::any().add(Column::VoidedAt.is_null());
    match revision {
        None => Condition::all().add(not_voided),
        Some(revision) => Condition::all()
            .add(Column::BooksRevision.lte(revision))
            .add(not_voided.add(Column::VoidedRevision.gt(revision))),
    }
}

pub(crate) fn of_portfolio(ctx: &Ctx, portfolio_id: PortfolioId) -> Condition {
    Condition::all()
        .add(Column::UserId.eq(ctx.scope))
        .add(Column::PortfolioId.eq(portfolio_id))
}

/// The ids of a security's transactions that count at `asof`.
pub(crate) async fn counted_ids(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    security_id: SecurityId,
    asof: AsOf,
) -> Result<HashSet<TransactionId>, Error> {
    let ids: Vec<TransactionId> = transaction::Entity::find()
        .filter(counts(ctx, portfolio_id, asof))
        .filter(Column::SecurityId.eq(security_id))
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().collect())
}
