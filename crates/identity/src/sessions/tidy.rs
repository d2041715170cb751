//! What nobody needs any more.

use chrono::TimeDelta;
use db::ConnectionTrait;
use entity::identity::refresh_token::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::throttle;
use crate::{Clock, Error};

/// Refresh tokens stay for so long after they have expired.
const KEPT_EXPIRED: TimeDelta = TimeDelta::days(1);

/// How many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    pub refresh_tokens: u64,
    pub throttles: u64,
}

/// Deletes refresh tokens that expired a day ago, and failures to log in that are forgotten.
///
/// A token stays as long as the one before it: without the mark of what took its place, that one
/// would look unused. (It can expire later, if tokens were given a shorter life in between.)
pub async fn tidy(clock: Clock, db: &impl ConnectionTrait) -> Result<Tidied, Error> {
    let now = clock.now();
    let before = now - KEPT_EXPIRED;
    let still_named = Entity::find()
        .select_only()
        .column(Column::RotatedTo)
        .filter(Column::RotatedTo.is_not_null())
        .filter(Column::ExpiresAt.gt(before))
        .into_query();
    let expired = Entity::delete_many()
        .filter(Column::ExpiresAt.lte(before))
        .filter(Column::Id.not_in_subquery(still_named));
    Ok(Tidied {
        refresh_tokens: expired.exec(db).await?.rows_affected,
        throttles: throttle::forget(db, now).await?,
    })
}
