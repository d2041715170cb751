use sea_orm::{
    ColumnTrait, ColumnType, Condition, ConnectionTrait, EntityTrait, Iterable, PrimaryKeyToColumn,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    prelude::Date,
    sea_query::{Asterisk, Expr, ExprTrait, Func, IntoCondition, Query},
};

use super::fetch::fetch_value;
use crate::Error;

/// The rows of the latest date among those that `filter` lets through: for each combination of the
/// columns `each`, or with none of them, of all. In the order of the primary key.
///
/// Several rows of the same latest date are all there. Rows without a value in one of `each` are
/// not.
///
/// ```
/// # mod quote {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "quotes")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key, auto_increment = false)] pub symbol: String,
/// #         #[sea_orm(primary_key, auto_increment = false)] pub date: Date,
/// #     }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// use db::query::latest_by_date;
/// use quote::Column;
/// use sea_orm::{ColumnTrait, prelude::Date};
///
/// /// The newest quote of each symbol on a day.
/// fn known_on(day: Date) -> sea_orm::Select<quote::Entity> {
///     latest_by_date(Column::Date, [Column::Symbol], Column::Date.lte(day))
/// }
/// ```
pub fn latest_by_date<E, C>(
    date: C,
    each: impl IntoIterator<Item = C>,
    filter: impl IntoCondition,
) -> Select<E>
where
    E: EntityTrait<Column = C>,
    C: ColumnTrait<EntityName = E>,
{
    let each: Vec<C> = each.into_iter().collect();
    let filter = filter.into_condition();
    let mut latest = E::find().select_only().filter(filter.clone());
    for column in &each {
        latest = latest.column(*column).group_by(*column);
    }
    let latest = latest.expr(date.max()).into_query();
    let place = each
        .iter()
        .chain([&date])
        .map(|column| Expr::col(column.as_column_ref()));
    let place: Vec<Expr> = place.collect();
    in_key_order(
        E::find()
            .filter(filter)
            .filter(Expr::tuple(place).in_subquery(latest)),
    )
}

/// The rows from one day to another, both included; `None` leaves that end open. In the order of
/// the date, then of the primary key.
///
/// An instant belongs to its day in UTC. A row without a date is on no day.
pub fn date_range<E, C>(date: C, from: Option<Date>, to: Option<Date>) -> Select<E>
where
    E: EntityTrait<Column = C>,
    C: ColumnTrait<EntityName = E>,
{
    let days = Condition::all()
        .add(date.is_not_null())
        .add_option(from.map(|day| not_before(date, day)))
        .add_option(to.and_then(|day| not_after(date, day)));
    in_key_order(E::find().filter(days).order_by_asc(date))
}

/// How many rows `select` answers with, its own limit included.
pub async fn count<E: EntityTrait>(
    db: &impl ConnectionTrait,
    select: Select<E>,
) -> Result<u64, Error> {
    let counting = Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(select.into_query(), "counted")
        .to_owned();
    let rows: i64 = fetch_value(db, &counting).await?;
    Ok(rows.unsigned_abs())
}

fn in_key_order<E: EntityTrait>(select: Select<E>) -> Select<E> {
    E::PrimaryKey::iter().fold(select, |select, key| select.order_by_asc(key.into_column()))
}

fn is_day<C: ColumnTrait>(column: C) -> bool {
    matches!(column.def().get_column_type(), ColumnType::Date)
}

fn not_before<C: ColumnTrait>(column: C, day: Date) -> Expr {
    if is_day(column) {
        column.gte(day)
    } else {
        column.gte(midnight(day))
    }
}

/// `None` on the last day there is.
fn not_after<C: ColumnTrait>(column: C, day: Date) -> Option<Expr> {
    if is_day(column) {
        return Some(column.lte(day));
    }
    Some(column.lt(midnight(day.succ_opt()?)))
}

fn midnight(day: Date) -> chrono::DateTime<chrono::Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}
