use db::ConnectionTrait;
use entity::{identity::user, values::UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::Producer;

/// The user whose thread a producer's messages go to; `None` if there is none who is active.
pub async fn receiver(
    db: &impl ConnectionTrait,
    producer: &Producer,
) -> Result<Option<UserId>, db::Error> {
    let found = user::Entity::find()
        .filter(user::Column::Email.eq(&producer.user))
        .filter(user::Column::IsActive.eq(true))
        .one(db)
        .await?;
    Ok(found.map(|user| user.id))
}
