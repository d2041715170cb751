//! The one local owner for whom the service acts as long as there are no accounts.

use db::Database;
use entity::{
    identity::user,
    values::{UserId, UserRole},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::{Clock, Error};

const EMAIL: &str = "owner@localhost";

/// The local owner's id; makes the owner on a new database.
pub async fn local_owner(database: &Database, clock: Clock) -> Result<UserId, Error> {
    if let Some(id) = find(database).await? {
        return Ok(id);
    }
    database
        .write(move |tx| async move { insert(&tx, clock).await })
        .await?;
    find(database).await?.ok_or(Error::OwnerMissing)
}

async fn find(database: &Database) -> Result<Option<UserId>, Error> {
    let owner = user::Entity::find()
        .filter(user::Column::Email.eq(EMAIL))
        .one(database.reader())
        .await?;
    Ok(owner.map(|owner| owner.id))
}

/// Two programs may start on one new database at once: the first row stays.
async fn insert(tx: &db::Tx, clock: Clock) -> Result<(), Error> {
    let now = clock.now();
    let owner = user::ActiveModel {
        id: Set(UserId::new()),
        email: Set(EMAIL.to_owned()),
        display_name: Set("Local owner".to_owned()),
        role: Set(UserRole::Admin),
        is_active: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    user::Entity::insert(owner)
        .on_conflict_do_nothing_on([user::Column::Email])
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
