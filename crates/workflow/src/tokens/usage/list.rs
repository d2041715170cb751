use chrono::NaiveDate;
use db::{
    ConnectionTrait,
    page::{Listed, Page},
};
use entity::{
    values::{JobId, ThreadId, TokenScope, TokenUsageId},
    workflow::token_usage::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    Error,
    tokens::period::{end_of, midnight},
};

/// Which usage is wanted; an empty filter means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub scope: Option<TokenScope>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub thread_id: Option<ThreadId>,
    pub job_id: Option<JobId>,
    /// The first day of UTC on which it was used.
    pub first: Option<NaiveDate>,
    /// The last day.
    pub last: Option<NaiveDate>,
}

/// What was counted last comes first.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &Page<TokenUsageId>,
) -> Result<Listed<Model>, Error> {
    let provider = filter.provider.as_deref();
    let wanted = Condition::all()
        .add_option(filter.scope.map(|scope| Column::Scope.eq(scope)))
        .add_option(provider.map(|provider| Column::Provider.eq(provider)))
        .add_option(filter.model.as_deref().map(|model| Column::Model.eq(model)))
        .add_option(filter.thread_id.map(|id| Column::ThreadId.eq(id)))
        .add_option(filter.job_id.map(|id| Column::JobId.eq(id)))
        .add_option(filter.first.map(|day| Column::UsedAt.gte(midnight(day))))
        .add_option(filter.last.map(|day| Column::UsedAt.lt(end_of(day))))
        .add_option(page.after.map(|known| Column::Id.lt(known)));
    let rows = Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(wanted)
        .order_by_desc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}
