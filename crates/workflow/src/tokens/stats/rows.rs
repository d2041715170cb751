use chrono::{DateTime, Utc};
use db::{ConnectionTrait, query::fetch_all};
use entity::{
    values::{JobId, ThreadId, TokenScope},
    workflow::token_usage::{Column, Entity},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    QueryTrait, Select,
    sea_query::{Alias, Expr, ExprTrait, Func, SimpleExpr},
};

use super::{Bucket, By, Question};
use crate::Error;

/// What the database adds up and puts together.
pub(super) struct Rows {
    pub tokens: Vec<TokenRow>,
    pub given: Vec<CostRow>,
    pub computed: Vec<CostRow>,
}

#[derive(FromQueryResult)]
pub(super) struct TokenRow {
    /// The beginning of an instant's text: `2026-11-21`, or with the hour `2026-11-21T22`.
    pub moment: String,
    pub scope: Option<TokenScope>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub thread_id: Option<ThreadId>,
    pub job_id: Option<JobId>,
    pub requests: i64,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub total_tokens: i64,
}

#[derive(FromQueryResult)]
pub(super) struct CostRow {
    pub moment: String,
    pub scope: Option<TokenScope>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub thread_id: Option<ThreadId>,
    pub job_id: Option<JobId>,
    pub currency: String,
    /// With spaces between them.
    pub amounts: String,
}

pub(super) async fn read(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    question: &Question,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Rows, Error> {
    let wanted = Condition::all()
        .add(Column::UserId.eq(ctx.scope))
        .add(Column::UsedAt.gte(since))
        .add(Column::UsedAt.lt(until));
    let backend = db.get_database_backend();
    let grouped = || group(question, backend).filter(wanted.clone());
    let costs = |amount, currency| costs(grouped(), backend, amount, currency).into_query();
    let given = costs(Column::CostAmount, Column::CostCurrency);
    let computed = costs(Column::ComputedCostAmount, Column::ComputedCostCurrency);
    Ok(Rows {
        tokens: fetch_all(db, &tokens(grouped()).into_query()).await?,
        given: fetch_all(db, &given).await?,
        computed: fetch_all(db, &computed).await?,
    })
}

const COUNTS: [Column; 5] = [
    Column::InputTokens,
    Column::CachedInputTokens,
    Column::OutputTokens,
    Column::ReasoningTokens,
    Column::TotalTokens,
];

fn tokens(grouped: Select<Entity>) -> Select<Entity> {
    let counted = grouped.expr_as(Expr::col(Column::Id).count(), "requests");
    COUNTS.into_iter().fold(counted, |select, column| {
        // PostgreSQL's sum of bigint is numeric.
        let sum = column.sum().cast_as("bigint");
        select.expr_as(sum, sea_orm::Iden::unquoted(&column))
    })
}

fn costs(
    grouped: Select<Entity>,
    backend: DbBackend,
    amount: Column,
    currency: Column,
) -> Select<Entity> {
    grouped
        .filter(amount.is_not_null())
        .expr_as(currency.into_expr(), "currency")
        .expr_as(side_by_side(backend, amount), "amounts")
        .group_by(currency)
}

fn side_by_side(backend: DbBackend, amount: Column) -> SimpleExpr {
    let joined = match backend {
        DbBackend::Sqlite => Func::cust("group_concat").arg(amount.into_expr()),
        _ => Func::cust("string_agg").arg(amount.into_expr().cast_as("text")),
    };
    joined.arg(" ").into()
}

/// The columns that tell groups apart; the others are NULL.
fn group(question: &Question, backend: DbBackend) -> Select<Entity> {
    let moment = moment(question.bucket, backend);
    let select = Entity::find()
        .select_only()
        .expr_as(moment.clone(), "moment")
        .group_by(moment);
    let columns = [
        (By::Scope, Column::Scope, "text"),
        (By::Provider, Column::Provider, "text"),
        (By::Model, Column::Model, "text"),
        (By::Thread, Column::ThreadId, "uuid"),
        (By::Job, Column::JobId, "uuid"),
    ];
    columns
        .into_iter()
        .fold(select, |select, (by, column, of)| {
            let name = sea_orm::Iden::unquoted(&column);
            if question.by.contains(&by) {
                select.expr_as(column.into_expr(), name).group_by(column)
            } else {
                let nothing = Expr::cust("NULL").cast_as(Alias::new(of));
                select.expr_as(nothing, name)
            }
        })
}

/// Instants are in UTC on both engines, and text on SQLite.
fn moment(bucket: Bucket, backend: DbBackend) -> SimpleExpr {
    let by_hour = bucket == Bucket::Hour;
    if backend == DbBackend::Sqlite {
        let length = if by_hour { 13 } else { 10 };
        return Func::cust("substr")
            .arg(Column::UsedAt.into_expr())
            .arg(1)
            .arg(length)
            .into();
    }
    // The format stands in the text, so that the same expression is grouped by.
    Expr::cust(if by_hour {
        r#"to_char("used_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24')"#
    } else {
        r#"to_char("used_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD')"#
    })
}
