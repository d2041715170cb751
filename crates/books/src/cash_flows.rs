//! Cash that came into a portfolio or left it, told from trading.

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::cash_flow::{self, Column},
    values::{CashFlowId, PortfolioId},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    Error,
    dates::bound,
    page::{Listed, Page},
    portfolios,
};

/// By date, `from` and `to` among them; on one date in the order in which they were recorded.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    page: &Page<(NaiveDate, CashFlowId)>,
) -> Result<Listed<cash_flow::Model>, Error> {
    portfolios::find(ctx, db, portfolio_id).await?;
    let mut wanted = Condition::all()
        .add_option(from.map(|date| Column::FlowDate.gte(bound(date))))
        .add_option(to.map(|date| Column::FlowDate.lte(bound(date))));
    if let Some((date, id)) = page.after {
        wanted = wanted
            .add(Column::FlowDate.gte(date))
            .add(Column::FlowDate.gt(date).or(Column::Id.gt(id)));
    }
    let rows = cash_flow::Entity::find()
        .filter(Column::SupersededRevision.is_null())
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::PortfolioId.eq(portfolio_id))
        .filter(wanted)
        .order_by_asc(Column::FlowDate)
        .order_by_asc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}
