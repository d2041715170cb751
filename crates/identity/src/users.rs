//! Accounts: who they are, what they may be, and whether they may come in.

mod email;
mod find;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use db::ConnectionTrait;
use entity::{
    books::portfolio,
    identity::{
        credential,
        user::{ActiveModel, Column, Entity, Model},
    },
    values::{PortfolioId, UserId, UserRole},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set, sea_query::LockType,
};

use crate::{Ctx, Error, api_tokens, sessions, text::check_line};
pub use email::normal_email;
pub(crate) use find::lock;
pub use find::{UserFilter, find, find_by_email, list, password_hash};

const LONGEST_NAME: usize = 200;

/// An account to be made.
#[derive(Clone)]
pub struct NewUser {
    pub email: String,
    /// 1 to 200 characters.
    pub display_name: String,
    pub role: UserRole,
    /// A PHC string; without one the user cannot log in.
    pub password_hash: Option<String>,
}

/// A user before and after a change; the two are equal where nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub before: Model,
    pub after: Model,
}

pub async fn add(ctx: &Ctx, db: &impl ConnectionTrait, new: NewUser) -> Result<Model, Error> {
    check_line("/display_name", &new.display_name, LONGEST_NAME)?;
    let now = ctx.now();
    let made = Model {
        id: UserId::new(),
        email: normal_email(&new.email)?,
        display_name: new.display_name,
        role: new.role,
        is_active: true,
        created_at: now,
        updated_at: now,
        session_version: 0,
        default_portfolio_id: None,
        last_login_at: None,
    };
    let insert = Entity::insert(made.clone().into_active_model().reset_all());
    match insert.exec_without_returning(db).await.map_err(Into::into) {
        Ok(_) => {}
        Err(db::Error::Duplicate(_)) => return Err(Error::EmailTaken { email: made.email }),
        Err(error) => return Err(error.into()),
    }
    if let Some(hash) = new.password_hash {
        keep_hash(db, made.id, hash, now).await?;
    }
    Ok(made)
}

/// Gives a user another role, which holds from their next request.
pub async fn set_role(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: UserId,
    role: UserRole,
) -> Result<Changed, Error> {
    let admins = lock_admins(db).await?;
    let before = lock(db, id).await?;
    if role != UserRole::Admin {
        require_another(&admins, &before)?;
    }
    let after = Model {
        role,
        ..before.clone()
    };
    save(ctx, db, before, after).await
}

/// Lets a user in, or shuts them out: their sessions and tokens end at once, and for good.
pub async fn set_active(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: UserId,
    is_active: bool,
) -> Result<Changed, Error> {
    let admins = lock_admins(db).await?;
    let before = lock(db, id).await?;
    if is_active || !before.is_active {
        let after = Model {
            is_active,
            ..before.clone()
        };
        return save(ctx, db, before, after).await;
    }
    require_another(&admins, &before)?;
    api_tokens::revoke_all(db, id, ctx.now()).await?;
    let after = Model {
        is_active,
        ..before.clone()
    };
    end_sessions(ctx, db, before, after).await
}

/// Replaces a user's password by one with this hash (a PHC string), ends their sessions, and lets
/// them log in at once though somebody has failed to.
pub async fn set_password(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: UserId,
    password_hash: String,
) -> Result<Changed, Error> {
    let before = lock(db, id).await?;
    keep_hash(db, id, password_hash, ctx.now()).await?;
    sessions::forgive_account(db, &before.email).await?;
    let after = before.clone();
    end_sessions(ctx, db, before, after).await
}

pub async fn set_display_name(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: UserId,
    display_name: &str,
) -> Result<Changed, Error> {
    check_line("/display_name", display_name, LONGEST_NAME)?;
    let before = lock(db, id).await?;
    let after = Model {
        display_name: display_name.to_owned(),
        ..before.clone()
    };
    save(ctx, db, before, after).await
}

/// Names the portfolio that a user sees first, one of their own, or none. The context's scope must
/// be the user's.
pub async fn set_default_portfolio(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: UserId,
    portfolio: Option<PortfolioId>,
) -> Result<Changed, Error> {
    if let Some(portfolio) = portfolio {
        let own = portfolio::Entity::find_by_id((id, portfolio))
            .one(db)
            .await?;
        own.ok_or(Error::PortfolioNotFound { id: portfolio })?;
    }
    let before = lock(db, id).await?;
    let after = Model {
        default_portfolio_id: portfolio,
        ..before.clone()
    };
    save(ctx, db, before, after).await
}

/// Ends all sessions of a user who is locked by this transaction, and keeps what else changed.
pub(crate) async fn end_sessions(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    before: Model,
    after: Model,
) -> Result<Changed, Error> {
    sessions::revoke_all(db, before.id, ctx.now()).await?;
    let after = Model {
        session_version: before.session_version + 1,
        ..after
    };
    save(ctx, db, before, after).await
}

async fn save(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    before: Model,
    after: Model,
) -> Result<Changed, Error> {
    if before == after {
        return Ok(Changed { before, after });
    }
    let after = Model {
        updated_at: touched(ctx, &before),
        ..after
    };
    let row = ActiveModel {
        display_name: Set(after.display_name.clone()),
        role: Set(after.role),
        is_active: Set(after.is_active),
        session_version: Set(after.session_version),
        default_portfolio_id: Set(after.default_portfolio_id),
        updated_at: Set(after.updated_at),
        ..before.clone().into_active_model()
    };
    row.update(db).await?;
    Ok(Changed { before, after })
}

/// A time of change that differs from the one before, however coarse the clock is.
fn touched(ctx: &Ctx, current: &Model) -> DateTime<Utc> {
    ctx.now()
        .max(current.updated_at + TimeDelta::microseconds(1))
}

pub(crate) async fn keep_hash(
    db: &impl ConnectionTrait,
    id: UserId,
    password_hash: String,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    use credential::Column::{OwnerUserId, PasswordHash, UpdatedAt};

    let row = credential::ActiveModel {
        owner_user_id: Set(id),
        password_hash: Set(password_hash),
        created_at: Set(now),
        updated_at: Set(now),
    };
    db::query::upsert(db, row, [OwnerUserId], [PasswordHash, UpdatedAt]).await?;
    Ok(())
}

/// The active administrators, who stay such until this transaction ends. Whoever would take one
/// away waits here for whoever takes another, and then sees who is left.
async fn lock_admins(db: &impl ConnectionTrait) -> Result<Vec<UserId>, Error> {
    let admins = Entity::find()
        .filter(Column::Role.eq(UserRole::Admin))
        .filter(Column::IsActive.eq(true))
        .order_by_asc(Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(db)
        .await?;
    Ok(admins.into_iter().map(|admin| admin.id).collect())
}

fn require_another(admins: &[UserId], user: &Model) -> Result<(), Error> {
    if admins == [user.id] {
        let email = user.email.clone();
        return Err(Error::LastAdmin { email });
    }
    Ok(())
}
