//! Portfolios: named sets of books, each of one owner and in one base currency.

use chrono::{DateTime, TimeDelta, Utc};
use db::ConnectionTrait;
use entity::{
    books::portfolio,
    values::{LotMethod, PortfolioId, SecurityId},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

use crate::{
    Error, currency,
    page::{Listed, Page},
    securities, text,
};

mod update;

pub use update::{Updated, update};

const LONGEST_NAME: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPortfolio {
    /// Unique per owner, 1 to 200 characters.
    pub name: String,
    /// ISO 4217.
    pub base_currency: String,
    pub lot_method: LotMethod,
    /// Whether a sale may take more units than are held.
    pub allows_shorts: bool,
    pub benchmark_security_id: Option<SecurityId>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortfolioPatch {
    pub name: Option<String>,
    /// Only as long as the portfolio has no transactions.
    pub base_currency: Option<String>,
    /// Books all sales anew. It does not touch a portfolio that follows a ledger.
    pub lot_method: Option<LotMethod>,
    pub allows_shorts: Option<bool>,
    /// `Some(None)` takes the benchmark away.
    pub benchmark_security_id: Option<Option<SecurityId>>,
    pub is_active: Option<bool>,
}

pub async fn create(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    new: NewPortfolio,
) -> Result<portfolio::Model, Error> {
    check_name(&new.name)?;
    currency::check("/base_currency", &new.base_currency)?;
    if let Some(benchmark) = new.benchmark_security_id {
        securities::find(ctx, db, benchmark).await?;
    }
    insert(db, new_row(ctx, new)).await
}

pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    made: portfolio::Model,
) -> Result<portfolio::Model, Error> {
    let row = made.clone().into_active_model().reset_all();
    match portfolio::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(db::Error::from)
    {
        Ok(_) => Ok(made),
        Err(db::Error::Duplicate(_)) => Err(Error::NameTaken { name: made.name }),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn new_row(ctx: &Ctx, new: NewPortfolio) -> portfolio::Model {
    let now = ctx.now();
    portfolio::Model {
        user_id: ctx.scope,
        id: PortfolioId::new(),
        name: new.name,
        base_currency: new.base_currency,
        benchmark_security_id: new.benchmark_security_id,
        lot_method: new.lot_method,
        is_active: true,
        books_revision: 0,
        is_recorded: false,
        allows_shorts: new.allows_shorts,
        former_rules: None,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    text::check_line("/name", name, LONGEST_NAME)
}

pub async fn find(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: PortfolioId,
) -> Result<portfolio::Model, Error> {
    let found = portfolio::Entity::find_by_id((ctx.scope, id))
        .one(db)
        .await?;
    found.ok_or_else(|| not_found(id))
}

pub async fn find_by_name(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    name: &str,
) -> Result<portfolio::Model, Error> {
    named(ctx, db, name).await?.ok_or_else(|| not_found(name))
}

pub(crate) async fn named(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<portfolio::Model>, Error> {
    if !text::is_storable(name) {
        return Ok(None);
    }
    Ok(by_name(ctx, name).one(db).await?)
}

/// As [`named`], and no other transaction changes it before this one ends.
pub(crate) async fn named_and_locked(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<portfolio::Model>, Error> {
    check_name(name)?;
    Ok(by_name(ctx, name).lock_exclusive().one(db).await?)
}

fn by_name(ctx: &Ctx, name: &str) -> Select<portfolio::Entity> {
    portfolio::Entity::find()
        .filter(portfolio::Column::UserId.eq(ctx.scope))
        .filter(portfolio::Column::Name.eq(name))
}

/// In the order of their making.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    page: &Page<PortfolioId>,
) -> Result<Listed<portfolio::Model>, Error> {
    let mut query = portfolio::Entity::find().filter(portfolio::Column::UserId.eq(ctx.scope));
    if let Some(known) = page.after {
        query = query.filter(portfolio::Column::Id.gt(known));
    }
    let rows = query
        .order_by_asc(portfolio::Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

/// Removes a portfolio and everything in it, if it still is as it was at `expected`.
pub async fn delete(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: PortfolioId,
    expected: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let current = lock(ctx, db, id, expected).await?;
    current.delete(db).await?;
    identity::shares::withdraw_all(ctx, db, id).await?;
    Ok(())
}

/// Reads a portfolio so that no other transaction changes it before this one ends.
async fn lock(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: PortfolioId,
    expected: Option<DateTime<Utc>>,
) -> Result<portfolio::Model, Error> {
    let query = portfolio::Entity::find_by_id((ctx.scope, id)).lock_exclusive();
    let current = query.one(db).await?.ok_or_else(|| not_found(id))?;
    match expected {
        Some(expected) if expected != current.updated_at => Err(Error::Changed),
        _ => Ok(current),
    }
}

/// As `lock`, for a portfolio whose transactions are recorded here.
pub(crate) async fn lock_recorded(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: PortfolioId,
) -> Result<portfolio::Model, Error> {
    let portfolio = lock(ctx, db, id, None).await?;
    if portfolio.is_recorded || portfolio.books_revision == 0 {
        return Ok(portfolio);
    }
    Err(Error::FollowsLedger {
        portfolio: portfolio.name,
    })
}

/// A time of change that differs from the one before, however coarse the clock is.
pub(crate) fn touched(ctx: &Ctx, current: &portfolio::Model) -> DateTime<Utc> {
    ctx.now()
        .max(current.updated_at + TimeDelta::microseconds(1))
}

fn not_found(portfolio: impl std::fmt::Display) -> Error {
    Error::PortfolioNotFound {
        portfolio: portfolio.to_string(),
    }
}
