//! How a session goes on, and how it ends.

use chrono::{DateTime, TimeDelta, Utc};
use db::ConnectionTrait;
use entity::{
    identity::{
        refresh_token::{Column, Entity, Model},
        user,
    },
    values::{RefreshTokenId, SessionId, UserId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};

use super::RefreshToken;
use crate::{
    Ctx, Error,
    users::{self, Changed},
};

/// A session that begins or goes on. An access token is issued for it, with the user's session
/// version.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub user: user::Model,
    pub session: SessionId,
    /// Good once, for the next refresh.
    pub refresh_token: RefreshToken,
    pub refresh_expires_at: DateTime<Utc>,
}

/// What came of a refresh token. The caller commits in either case.
#[derive(Clone, Debug)]
pub enum Refreshed {
    GoesOn(NewSession),
    Refused(RefreshRefusal),
}

/// Why a refresh is refused: for the audit log. The client learns that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRefusal {
    Unknown,
    Expired {
        user: UserId,
        session: SessionId,
    },
    /// The session had ended: by logout, a new password, or the end of the account.
    Ended {
        user: UserId,
        session: SessionId,
    },
    /// The token was used before: it has been stolen, or the one that took its place was lost. The
    /// session has ended with this.
    Reused {
        user: UserId,
        session: SessionId,
    },
}

impl RefreshRefusal {
    /// The word of the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_token",
            Self::Expired { .. } => "expired",
            Self::Ended { .. } => "session_ended",
            Self::Reused { .. } => "token_reused",
        }
    }
}

/// Goes on with a session: another token takes the place of this one, which is good no more.
pub async fn refresh(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    token: &RefreshToken,
    lifetime: TimeDelta,
) -> Result<Refreshed, Error> {
    let Some(found) = find(db, token).await? else {
        return Ok(Refreshed::Refused(RefreshRefusal::Unknown));
    };
    let holder = users::lock(db, found.owner_user_id).await?;
    // Another may have used the token, or ended the session, before the lock was had.
    let Some(current) = find(db, token).await? else {
        return Ok(Refreshed::Refused(RefreshRefusal::Unknown));
    };
    let now = ctx.now();
    let (user, session) = (holder.id, current.family_id);
    if current.rotated_to.is_some() {
        revoke_family(db, user, session, now).await?;
        return Ok(Refreshed::Refused(RefreshRefusal::Reused { user, session }));
    }
    if current.expires_at <= now {
        return Ok(Refreshed::Refused(RefreshRefusal::Expired {
            user,
            session,
        }));
    }
    let stands = holder.is_active && holder.session_version == current.session_version;
    if current.revoked_at.is_some() || !stands {
        return Ok(Refreshed::Refused(RefreshRefusal::Ended { user, session }));
    }
    let (goes_on, next) = add(db, holder, session, now, lifetime).await?;
    Entity::update_many()
        .col_expr(Column::RotatedTo, Expr::value(next))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(current.id))
        .exec(db)
        .await?;
    Ok(Refreshed::GoesOn(goes_on))
}

/// Ends one session of a user; answers whether there was one to end.
pub async fn logout(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
) -> Result<bool, Error> {
    users::lock(db, user).await?;
    Ok(revoke_family(db, user, session, ctx.now()).await? > 0)
}

/// Ends all sessions of a user at once, with the access tokens that are out. Tokens of programs stay.
pub async fn logout_everywhere(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    user: UserId,
) -> Result<Changed, Error> {
    let before = users::lock(db, user).await?;
    let after = before.clone();
    users::end_sessions(ctx, db, before, after).await
}

/// Revokes all refresh tokens of a user who is locked by this transaction.
pub(crate) async fn revoke_all(
    db: &impl ConnectionTrait,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    revoke(db, Column::OwnerUserId.eq(user), now).await
}

async fn revoke_family(
    db: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    use sea_orm::sea_query::ExprTrait;

    let of_session = Column::FamilyId.eq(session);
    revoke(db, of_session.and(Column::OwnerUserId.eq(user)), now).await
}

async fn revoke(db: &impl ConnectionTrait, which: Expr, now: DateTime<Utc>) -> Result<u64, Error> {
    let revoked = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(which)
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(revoked.rows_affected)
}

async fn find(db: &impl ConnectionTrait, token: &RefreshToken) -> Result<Option<Model>, Error> {
    let query = Entity::find().filter(Column::TokenHash.eq(token.hash()));
    Ok(query.one(db).await?)
}

/// Adds a token to a session of a user who is locked by this transaction.
pub(super) async fn add(
    db: &impl ConnectionTrait,
    user: user::Model,
    session: SessionId,
    now: DateTime<Utc>,
    lifetime: TimeDelta,
) -> Result<(NewSession, RefreshTokenId), Error> {
    let refresh_token = RefreshToken::generate()?;
    let row = Model {
        id: RefreshTokenId::new(),
        owner_user_id: user.id,
        family_id: session,
        token_hash: refresh_token.hash(),
        session_version: user.session_version,
        expires_at: now + lifetime,
        rotated_to: None,
        revoked_at: None,
        created_at: now,
        updated_at: now,
    };
    let (id, refresh_expires_at) = (row.id, row.expires_at);
    Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(db)
        .await?;
    let session = NewSession {
        user,
        session,
        refresh_token,
        refresh_expires_at,
    };
    Ok((session, id))
}
