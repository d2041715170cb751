use chrono::{DateTime, Utc};
use db::{ConnectionTrait, Tx};
use entity::{
    books::{portfolio, transaction},
    values::PortfolioId,
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::{PortfolioPatch, check_name, lock, touched};
use crate::{
    Error, currency,
    record::{Change, Ripple, next_revision, rules_of},
    rules, securities,
};

/// A portfolio as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    pub portfolio: portfolio::Model,
    /// The other portfolios of the owner that transfers have changed along.
    pub others: Vec<PortfolioId>,
}

/// Changes a portfolio, if it still is as it was at `expected`, its `updated_at` then.
pub async fn update(
    ctx: &Ctx,
    db: &Tx,
    id: PortfolioId,
    patch: PortfolioPatch,
    expected: Option<DateTime<Utc>>,
) -> Result<Updated, Error> {
    let current = lock(ctx, db, id, expected).await?;
    check_patch(ctx, db, &current, &patch).await?;
    let changed = patched(&current, patch);
    if changed == current {
        return Ok(Updated {
            portfolio: current,
            others: Vec::new(),
        });
    }
    let updated = with_new_rules(ctx, db, &current, changed).await?;
    let changed = &updated.portfolio;
    let row = portfolio::ActiveModel {
        name: Set(changed.name.clone()),
        base_currency: Set(changed.base_currency.clone()),
        lot_method: Set(changed.lot_method),
        allows_shorts: Set(changed.allows_shorts),
        former_rules: Set(changed.former_rules.clone()),
        books_revision: Set(changed.books_revision),
        benchmark_security_id: Set(changed.benchmark_security_id),
        is_active: Set(changed.is_active),
        updated_at: Set(changed.updated_at),
        ..current.into_active_model()
    };
    match row.update(db).await.map_err(db::Error::from) {
        Ok(_) => Ok(updated),
        Err(db::Error::Duplicate(_)) => Err(Error::NameTaken {
            name: updated.portfolio.name,
        }),
        Err(error) => Err(error.into()),
    }
}

/// A portfolio whose rules have changed books its lots anew, under a new revision.
async fn with_new_rules(
    ctx: &Ctx,
    tx: &Tx,
    current: &portfolio::Model,
    changed: portfolio::Model,
) -> Result<Updated, Error> {
    let changed = portfolio::Model {
        updated_at: touched(ctx, current),
        ..changed
    };
    if !current.is_recorded || rules_of(current) == rules_of(&changed) {
        return Ok(Updated {
            portfolio: changed,
            others: Vec::new(),
        });
    }
    let changed = next_revision(ctx, &changed);
    let changed = portfolio::Model {
        former_rules: rules::with_former(current, changed.books_revision, ctx.now())?,
        ..changed
    };
    let (before, next) = (current.clone(), changed.clone());
    let mut ripple = Ripple::begin(ctx, tx, before, next, Change::Rules);
    ripple.settle(&|_, _| {}).await?;
    Ok(Updated {
        portfolio: changed,
        others: ripple.write_others().await?,
    })
}

async fn check_patch(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    current: &portfolio::Model,
    patch: &PortfolioPatch,
) -> Result<(), Error> {
    if let Some(name) = &patch.name {
        check_name(name)?;
    }
    if let Some(Some(benchmark)) = patch.benchmark_security_id {
        securities::find(ctx, db, benchmark).await?;
    }
    let Some(base_currency) = &patch.base_currency else {
        return Ok(());
    };
    currency::check("/base_currency", base_currency)?;
    if *base_currency != current.base_currency && has_transactions(ctx, db, current.id).await? {
        return Err(Error::HasTransactions {
            portfolio: current.name.clone(),
        });
    }
    Ok(())
}

fn patched(current: &portfolio::Model, patch: PortfolioPatch) -> portfolio::Model {
    let current = current.clone();
    portfolio::Model {
        name: patch.name.unwrap_or(current.name),
        base_currency: patch.base_currency.unwrap_or(current.base_currency),
        lot_method: patch.lot_method.unwrap_or(current.lot_method),
        allows_shorts: patch.allows_shorts.unwrap_or(current.allows_shorts),
        benchmark_security_id: patch
            .benchmark_security_id
            .unwrap_or(current.benchmark_security_id),
        is_active: patch.is_active.unwrap_or(current.is_active),
        ..current
    }
}

async fn has_transactions(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: PortfolioId,
) -> Result<bool, Error> {
    let query = transaction::Entity::find()
        .filter(transaction::Column::UserId.eq(ctx.scope))
        .filter(transaction::Column::PortfolioId.eq(id));
    Ok(query.one(db).await?.is_some())
}
