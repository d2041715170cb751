//! A pack holds prices of one kind: raw, or adjusted for the same.

use entity::{books::security, pricing::price, values::PriceAdjustment};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Func},
};

use crate::Error;

/// How many symbols of each kind are named.
const MOST_NAMED: u64 = 5;

#[derive(FromQueryResult)]
struct Kind {
    adjustment: PriceAdjustment,
    count: i64,
}

/// [`Error::MixedAdjustments`] where a pack holds prices of several kinds, with some symbols of each.
pub(crate) async fn require_one(db: &impl ConnectionTrait, pack_id: &str) -> Result<(), Error> {
    let kinds: Vec<Kind> = price::Entity::find()
        .filter(price::Column::PackId.eq(pack_id))
        .select_only()
        .column(price::Column::Adjustment)
        .column_as(
            Expr::expr(Func::count(Expr::col(price::Column::SecurityId))),
            "count",
        )
        .group_by(price::Column::Adjustment)
        .order_by_asc(price::Column::Adjustment)
        .into_model()
        .all(db)
        .await?;
    if kinds.len() < 2 {
        return Ok(());
    }
    let mut told = Vec::new();
    for kind in kinds {
        told.push(described(db, pack_id, &kind).await?);
    }
    Err(Error::MixedAdjustments {
        id: pack_id.to_owned(),
        kinds: told,
    })
}

async fn described(db: &impl ConnectionTrait, pack_id: &str, kind: &Kind) -> Result<String, Error> {
    let symbols: Vec<String> = super::stored_prices(pack_id)
        .filter(price::Column::Adjustment.eq(kind.adjustment))
        .select_only()
        .column(security::Column::Symbol)
        .order_by_asc(security::Column::Symbol)
        .limit(MOST_NAMED)
        .into_tuple()
        .all(db)
        .await?;
    let more = usize::try_from(kind.count)
        .unwrap_or_default()
        .saturating_sub(symbols.len());
    let named = symbols.join(", ");
    let adjustment = kind.adjustment;
    Ok(match more {
        0 => format!("{adjustment} of {named}"),
        more => format!("{adjustment} of {named} and {more} more"),
    })
}
