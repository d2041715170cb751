use chrono::{DateTime, TimeDelta, Utc};
use db::{ConnectionTrait, Tx};
use entity::received_webhook::{ActiveModel, Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, TryInsertResult};

/// How long a message is remembered; its signature expires long before.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(1);

/// Notes in the transaction of the message's own work that it came; whether it is the first time.
///
/// The primary key decides among those that come at once: the later waits for the earlier.
pub async fn remember(
    tx: &Tx,
    producer: &str,
    message_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, db::Error> {
    let row = ActiveModel {
        producer: Set(producer.to_owned()),
        message_id: Set(message_id.to_owned()),
        received_at: Set(now),
    };
    let inserted = Entity::insert(row)
        .on_conflict_do_nothing_on([Column::Producer, Column::MessageId])
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Lets go of what was received more than [`KEPT_FOR`] before `now`; how many that were.
pub async fn forget_old(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, db::Error> {
    let old = Entity::delete_many().filter(Column::ReceivedAt.lt(now - KEPT_FOR));
    Ok(old.exec(db).await?.rows_affected)
}
