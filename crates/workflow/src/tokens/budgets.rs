//! Budgets: how much may be used in a day, a week or a month.

use chrono::{DateTime, TimeDelta, Utc};
use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    values::{Amount, BudgetPeriod, BudgetScope, TokenBudgetId, TokenScope},
    workflow::token_budget::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, sea_query::LockType,
};

use super::checks::{check_currency, check_limit, refuse};
use crate::Error;

/// The unit of a budget that counts tokens; any other is a currency.
pub const TOKENS: &str = "tokens";

/// How much may be used. There is one for each scope, period and unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBudget {
    pub scope: BudgetScope,
    pub period: BudgetPeriod,
    /// [`TOKENS`], or a currency of ISO 4217.
    pub unit: String,
    /// Not negative; whole for tokens, with at most 14 decimals for money.
    pub limit: Amount,
    /// At most the limit.
    pub soft_limit: Option<Amount>,
}

/// What became of a budget that was to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetSet {
    pub budget: Model,
    /// Whether there was none before.
    pub is_new: bool,
}

/// Makes a budget, or gives the one for the same scope, period and unit other limits; if it still is as
/// it was at `expected`. What is used and reserved stays, also where it is past the new limit.
///
/// # Errors
///
/// [`Error::Invalid`] for a limit that breaks a rule or an unknown currency, [`Error::Changed`] if the
/// budget has changed since.
pub async fn set(
    ctx: &Ctx,
    tx: &Tx,
    new: &NewBudget,
    expected: Option<DateTime<Utc>>,
) -> Result<BudgetSet, Error> {
    check(new)?;
    let current = of_key(ctx, new).lock(LockType::NoKeyUpdate).one(tx).await?;
    let seen = current.as_ref().map(|budget| budget.updated_at);
    if expected.is_some() && expected != seen {
        return Err(Error::Changed);
    }
    match current {
        Some(current) => Ok(BudgetSet {
            budget: update(ctx, tx, current, new).await?,
            is_new: false,
        }),
        None => Ok(BudgetSet {
            budget: insert(ctx, tx, new).await?,
            is_new: true,
        }),
    }
}

/// The budget for a scope, a period and a unit.
pub async fn find_like(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    new: &NewBudget,
) -> Result<Option<Model>, Error> {
    Ok(of_key(ctx, new).one(db).await?)
}

/// # Errors
///
/// [`Error::BudgetNotFound`] if the scope has no such budget.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: TokenBudgetId) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.ok_or(Error::BudgetNotFound { id })
}

/// In the order of their making.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    page: &Page<TokenBudgetId>,
) -> Result<Listed<Model>, Error> {
    let mut query = Entity::find().filter(Column::UserId.eq(ctx.scope));
    if let Some(known) = page.after {
        query = query.filter(Column::Id.gt(known));
    }
    let rows = query
        .order_by_asc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

/// Removes a budget, if it still is as it was at `expected`: what it limited is free.
///
/// # Errors
///
/// [`Error::BudgetNotFound`], and [`Error::Changed`] if it has changed since.
pub async fn delete(
    ctx: &Ctx,
    tx: &Tx,
    id: TokenBudgetId,
    expected: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let query = Entity::find_by_id((ctx.scope, id)).lock(LockType::Update);
    let current = query.one(tx).await?.ok_or(Error::BudgetNotFound { id })?;
    if expected.is_some_and(|expected| expected != current.updated_at) {
        return Err(Error::Changed);
    }
    current.delete(tx).await?;
    Ok(())
}

/// The budgets that limit usage of `scope`. Until the transaction ends, others who reserve from one of
/// them wait; always in the same order, so that no two wait for each other.
pub(super) async fn lock_those_of(
    ctx: &Ctx,
    tx: &Tx,
    scope: TokenScope,
) -> Result<Vec<Model>, Error> {
    let query = Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Scope.is_in([scope.as_str(), BudgetScope::All.as_str()]))
        .order_by_asc(Column::Id)
        .lock(LockType::NoKeyUpdate);
    Ok(query.all(tx).await?)
}

fn check(new: &NewBudget) -> Result<(), Error> {
    if new.unit != TOKENS && check_currency("/unit", &new.unit).is_err() {
        let detail = "must be tokens, or a currency code of ISO 4217 in capitals, for example USD";
        return refuse("/unit", detail);
    }
    check_limit("/limit", &new.unit, new.limit)?;
    if let Some(soft_limit) = new.soft_limit {
        check_limit("/soft_limit", &new.unit, soft_limit)?;
        if soft_limit > new.limit {
            return refuse("/soft_limit", "must be at most the limit");
        }
    }
    Ok(())
}

fn of_key(ctx: &Ctx, new: &NewBudget) -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Scope.eq(new.scope))
        .filter(Column::Period.eq(new.period))
        .filter(Column::Unit.eq(new.unit.as_str()))
}

async fn update(ctx: &Ctx, tx: &Tx, current: Model, new: &NewBudget) -> Result<Model, Error> {
    // Never the same time of change twice, however coarse the clock is.
    let now = ctx
        .now()
        .max(current.updated_at + TimeDelta::microseconds(1));
    let mut row = current.into_active_model();
    row.hard_limit = Set(new.limit);
    row.soft_limit = Set(new.soft_limit);
    row.updated_at = Set(now);
    Ok(row.update(tx).await?)
}

async fn insert(ctx: &Ctx, tx: &Tx, new: &NewBudget) -> Result<Model, Error> {
    let now = ctx.now();
    let budget = Model {
        user_id: ctx.scope,
        id: TokenBudgetId::new(),
        scope: new.scope,
        period: new.period,
        unit: new.unit.clone(),
        hard_limit: new.limit,
        soft_limit: new.soft_limit,
        created_at: now,
        updated_at: now,
    };
    let row = budget.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(budget)
}
