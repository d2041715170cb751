//! Reconciliations as they are kept.

use db::{
    ConnectionTrait,
    page::{Listed, Page},
};
use entity::{
    performance::reconciliation::{self, Column, Entity},
    values::{PortfolioId, ReconciliationId},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::Error;

/// One of a portfolio's reconciliations.
///
/// # Errors
/// [`books::Error::PortfolioNotFound`] and [`Error::ReconciliationNotFound`], if the scope has no such.
pub async fn find(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: PortfolioId,
    id: ReconciliationId,
) -> Result<reconciliation::Model, Error> {
    books::portfolios::find(ctx, db, portfolio).await?;
    Entity::find_by_id((ctx.scope, id))
        .filter(Column::PortfolioId.eq(portfolio))
        .one(db)
        .await?
        .ok_or(Error::ReconciliationNotFound { id })
}

/// A portfolio's reconciliations, the newest first.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: PortfolioId,
    page: &Page<ReconciliationId>,
) -> Result<Listed<reconciliation::Model>, Error> {
    books::portfolios::find(ctx, db, portfolio).await?;
    let mut query = Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::PortfolioId.eq(portfolio));
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
