//! The second and third step of a login.

use chrono::TimeDelta;
use db::ConnectionTrait;
use entity::{
    identity::user,
    values::{SessionId, UserId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{
    refresh::{self, NewSession},
    throttle::{self, Attempt},
};
use crate::{Ctx, Error, Password, Passwords, users};

/// Why a login is refused: for the audit log. The client learns what [`LoginRefusal::told`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefusal {
    UnknownUser,
    /// The user has no password, and so cannot log in.
    NoPassword,
    WrongPassword,
    /// The password was right.
    Disabled,
    /// Too many attempts on this account.
    AccountLocked {
        seconds: u64,
    },
    /// Too many attempts from this address.
    AddressLocked {
        seconds: u64,
    },
}

/// What the client learns of a refusal: nothing by which accounts could be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Refused,
    Wait { seconds: u64 },
}

impl LoginRefusal {
    pub fn told(self) -> Told {
        match self {
            Self::AccountLocked { seconds } | Self::AddressLocked { seconds } => {
                Told::Wait { seconds }
            }
            _ => Told::Refused,
        }
    }

    /// The word of the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::AccountLocked { .. } => "account_locked",
            Self::AddressLocked { .. } => "address_locked",
        }
    }
}

/// Somebody knew a user's password.
#[derive(Clone)]
pub struct Proof {
    pub user: user::Model,
    /// The hash that the password matched.
    hash: String,
    /// The same password's hash as it is made today, if that costs more.
    rehash: Option<String>,
}

/// Whether the password is the user's of the attempt. It takes as long for a user that there is not.
pub async fn check(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    passwords: &Passwords,
    attempt: &Attempt,
    password: &Password,
) -> Result<Result<Proof, LoginRefusal>, Error> {
    let user = users::find_by_email(ctx, db, &attempt.email).await?;
    // A user that there is not costs the same questions.
    let id = user.as_ref().map_or(UserId(Uuid::nil()), |user| user.id);
    let hash = users::password_hash(ctx, db, id).await?;
    let verified = passwords.verify(password, hash.as_deref()).await?;
    let (user, hash) = match (user, hash) {
        (None, _) => return Ok(Err(LoginRefusal::UnknownUser)),
        (Some(_), None) => return Ok(Err(LoginRefusal::NoPassword)),
        (Some(user), Some(hash)) => (user, hash),
    };
    if !verified.matches {
        return Ok(Err(LoginRefusal::WrongPassword));
    }
    if !user.is_active {
        return Ok(Err(LoginRefusal::Disabled));
    }
    let mut rehash = None;
    if verified.needs_rehash {
        rehash = Some(passwords.hash(password).await?);
    }
    Ok(Ok(Proof { user, hash, rehash }))
}

/// Begins a session that can go on for `lifetime` after each refresh.
pub async fn begin(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    attempt: &Attempt,
    proof: Proof,
    lifetime: TimeDelta,
) -> Result<NewSession, Error> {
    let now = ctx.now();
    let user = users::lock(db, proof.user.id).await?;
    let hash = users::password_hash(ctx, db, user.id).await?;
    if !user.is_active || hash.as_ref() != Some(&proof.hash) {
        return Err(Error::LoginOvertaken);
    }
    throttle::succeed(ctx, db, attempt).await?;
    if let Some(hash) = proof.rehash {
        users::keep_hash(db, user.id, hash, now).await?;
    }
    user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(now))
        .filter(user::Column::Id.eq(user.id))
        .exec(db)
        .await?;
    let user = user::Model {
        last_login_at: Some(now),
        ..user
    };
    let (session, _) = refresh::add(db, user, SessionId::new(), now, lifetime).await?;
    Ok(session)
}
