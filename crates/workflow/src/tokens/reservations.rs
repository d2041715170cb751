//! Reservations: what is set aside of budgets before a call of a model, and settled after it.

mod close;

use chrono::{DateTime, TimeDelta, Utc};
use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    values::{Amount, Money, ReservationStatus, TokenReservationId, TokenScope},
    workflow::{
        token_budget,
        token_reservation::{Column, Entity, Model},
    },
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

pub use close::{Settled, forget_old, release, settle};

use super::{
    Cost, Standing,
    budgets::{self, TOKENS},
    checks::{check_cost, refuse},
    exact_sum::ExactSum,
    standing,
};
use crate::Error;

const MOST_TOKENS: i64 = 2_000_000_000;
/// How long a reservation may last.
pub const LONGEST: TimeDelta = TimeDelta::days(1);

/// What is to be set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReservation {
    pub scope: TokenScope,
    /// Input and output, 0 to 2,000,000,000.
    pub estimated_tokens: i64,
    /// Needed where a budget in money limits the scope; in its currency.
    pub estimated_cost: Option<Cost>,
    /// From a second to [`LONGEST`].
    pub expires_in: TimeDelta,
}

/// What was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    pub reservation: Model,
    /// The budgets whose soft limit is passed with it.
    pub warnings: Vec<Reached>,
}

/// A budget, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub budget: token_budget::Model,
    pub standing: Standing,
}

/// Sets aside what a call may use, of every budget that limits its scope, or of none.
///
/// Those who reserve from one budget do it one after the other: the limit is never passed, and what fits is
/// never refused.
///
/// # Errors
///
/// [`Error::BudgetExceeded`] for the first budget that has not enough left, and [`Error::Invalid`] for a
/// value that breaks a rule, or a cost that is missing or in another currency than a budget's.
pub async fn reserve(ctx: &Ctx, tx: &Tx, new: &NewReservation) -> Result<Reserved, Error> {
    check(new)?;
    let budgets = budgets::lock_those_of(ctx, tx, new.scope).await?;
    // After the wait, so that what expired meanwhile holds nothing.
    let now = ctx.now();
    let mut warnings = Vec::new();
    for budget in budgets {
        let asked = asked_of(&budget, new)?;
        let standing = standing(ctx, tx, &budget, now).await?;
        let with_it = Standing {
            reserved: sum(standing.reserved, asked)?,
            ..standing
        };
        let taken = with_it.taken()?;
        if taken > budget.hard_limit {
            return Err(exceeded(budget, standing, asked));
        }
        if budget.soft_limit.is_some_and(|limit| taken > limit) {
            warnings.push(Reached {
                budget,
                standing: with_it,
            });
        }
    }
    let reservation = insert(ctx, tx, new, now).await?;
    Ok(Reserved {
        reservation,
        warnings,
    })
}

/// # Errors
///
/// [`Error::ReservationNotFound`] if the scope has no such reservation.
pub async fn find(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: TokenReservationId,
) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.ok_or(Error::ReservationNotFound { id })
}

/// The newest first; with `is_open`, those that hold something now, or those that do not.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    is_open: Option<bool>,
    page: &Page<TokenReservationId>,
) -> Result<Listed<Model>, Error> {
    let open = Column::Status
        .eq(ReservationStatus::Open)
        .and(Column::ExpiresAt.gt(ctx.now()));
    let mut query = Entity::find().filter(Column::UserId.eq(ctx.scope));
    if let Some(is_open) = is_open {
        query = query.filter(if is_open { open } else { open.not() });
    }
    if let Some(known) = page.after {
        query = query.filter(Column::Id.lt(known));
    }
    let rows = query
        .order_by_desc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

fn check(new: &NewReservation) -> Result<(), Error> {
    if !(0..=MOST_TOKENS).contains(&new.estimated_tokens) {
        return refuse("/estimated_tokens", "must be from 0 to 2000000000");
    }
    if !(TimeDelta::seconds(1)..=LONGEST).contains(&new.expires_in) {
        return refuse("/expires_in_s", "must be from 1 to 86400 seconds");
    }
    match &new.estimated_cost {
        Some(cost) => check_cost(["/estimated_cost", "/cost_currency"], cost),
        None => Ok(()),
    }
}

/// In the budget's unit.
fn asked_of(budget: &token_budget::Model, new: &NewReservation) -> Result<Amount, Error> {
    if budget.unit == TOKENS {
        return Ok(Amount::new(new.estimated_tokens.into()));
    }
    let cost = new.estimated_cost.as_ref();
    match cost.filter(|cost| cost.currency == budget.unit) {
        Some(cost) => Ok(Amount::new(cost.amount.decimal())),
        None => Err(Error::Invalid {
            field: "/estimated_cost",
            detail: format!(
                "is needed in {}, since a budget in that currency limits this scope",
                budget.unit
            ),
        }),
    }
}

fn sum(one: Amount, other: Amount) -> Result<Amount, Error> {
    let mut sum = ExactSum::default();
    sum.add(one.decimal(), 1)?;
    sum.add(other.decimal(), 1)?;
    Ok(Amount::new(sum.total()?))
}

fn exceeded(budget: token_budget::Model, standing: Standing, asked: Amount) -> Error {
    let reached = Box::new(Reached { budget, standing });
    Error::BudgetExceeded { reached, asked }
}

async fn insert(
    ctx: &Ctx,
    tx: &Tx,
    new: &NewReservation,
    now: DateTime<Utc>,
) -> Result<Model, Error> {
    let cost = new.estimated_cost.as_ref();
    let reservation = Model {
        user_id: ctx.scope,
        id: TokenReservationId::new(),
        scope: new.scope,
        estimated_tokens: new.estimated_tokens,
        estimated_cost: cost.map(|cost: &Cost| -> Money { cost.amount }),
        cost_currency: cost.map(|cost| cost.currency.clone()),
        status: ReservationStatus::Open,
        usage_id: None,
        expires_at: now + new.expires_in,
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    let row = reservation.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(reservation)
}
