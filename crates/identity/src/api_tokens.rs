//! Tokens of programs: good for what their scopes name, until they expire or are revoked.
//!
//! Whoever holds one acts for its owner. The database keeps no more of it than a hash.

#[cfg(test)]
mod tests;
mod token;
mod uses;

use chrono::{DateTime, Utc};
use db::{
    ConnectionTrait,
    page::{Listed, Page},
};
use entity::{
    identity::api_token::{ActiveModel, Column, Entity, Model},
    values::{ApiTokenId, UserId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set, sea_query::Expr,
};
use serde_json::json;

use crate::{Ctx, Error, Scopes, text::check_line, users};
pub use token::{ApiToken, NotAToken};
pub use uses::TokenUses;

const LONGEST_NAME: usize = 200;

/// Makes a token for an active user. The first part of the answer is shown once and kept nowhere.
pub async fn create(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    owner: UserId,
    name: &str,
    scopes: Scopes,
    expires_at: Option<DateTime<Utc>>,
) -> Result<(ApiToken, Model), Error> {
    let now = ctx.now();
    check_line("/name", name, LONGEST_NAME)?;
    if scopes.is_empty() {
        return Err(invalid("/scopes", "must name what the token is good for"));
    }
    if expires_at.is_some_and(|end| end <= now) {
        return Err(invalid("/expires_at", "must be later than now"));
    }
    // Whoever disables the user waits for this token, and revokes it too.
    let user = users::lock(db, owner).await?;
    if !user.is_active {
        return Err(Error::UserDisabled { email: user.email });
    }
    let token = ApiToken::generate()?;
    let row = Model {
        id: ApiTokenId::new(),
        owner_user_id: owner,
        name: name.to_owned(),
        prefix: token.prefix().to_owned(),
        token_hash: token.hash(),
        scopes: json!(scopes),
        expires_at,
        last_used_at: None,
        revoked_at: None,
        created_at: now,
        updated_at: now,
    };
    let insert = Entity::insert(row.clone().into_active_model().reset_all());
    insert.exec_without_returning(db).await?;
    Ok((token, row))
}

/// A user's tokens in the order of their making, with those that are revoked or have expired.
pub async fn list(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    owner: UserId,
    page: &Page<ApiTokenId>,
) -> Result<Listed<Model>, Error> {
    let mut query = Entity::find().filter(Column::OwnerUserId.eq(owner));
    if let Some(known) = page.after {
        query = query.filter(Column::Id.gt(known));
    }
    let query = query.order_by_asc(Column::Id).limit(page.fetch_limit());
    Ok(page.cut(query.all(db).await?))
}

/// A token of this user.
pub async fn find(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    owner: UserId,
    id: ApiTokenId,
) -> Result<Model, Error> {
    let query = Entity::find_by_id(id).filter(Column::OwnerUserId.eq(owner));
    query.one(db).await?.ok_or(Error::TokenNotFound { id })
}

/// A token, whosever it is: for whoever administers all of them.
pub async fn find_any(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: ApiTokenId,
) -> Result<Model, Error> {
    let found = Entity::find_by_id(id).one(db).await?;
    found.ok_or(Error::TokenNotFound { id })
}

/// Ends a user's token for good; one that is revoked already stays as it is.
pub async fn revoke(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    owner: UserId,
    id: ApiTokenId,
) -> Result<Model, Error> {
    let query = Entity::find_by_id(id).filter(Column::OwnerUserId.eq(owner));
    let current = query.lock_exclusive().one(db).await?;
    let current = current.ok_or(Error::TokenNotFound { id })?;
    if current.revoked_at.is_some() {
        return Ok(current);
    }
    let now = ctx.now();
    let revoked = Model {
        revoked_at: Some(now),
        updated_at: now,
        ..current.clone()
    };
    let row = ActiveModel {
        revoked_at: Set(Some(now)),
        updated_at: Set(now),
        ..current.into_active_model()
    };
    row.update(db).await?;
    Ok(revoked)
}

/// Ends all of a user's tokens; answers how many were good until now.
pub(crate) async fn revoke_all(
    db: &impl ConnectionTrait,
    owner: UserId,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    let revoked = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::OwnerUserId.eq(owner))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(revoked.rows_affected)
}

/// The token with this [`ApiToken::hash`], whatever has become of it.
pub async fn find_by_hash(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Model>, Error> {
    let query = Entity::find().filter(Column::TokenHash.eq(hash));
    Ok(query.one(db).await?)
}

/// What a token is good for.
pub fn scopes_of(token: &Model) -> Scopes {
    Scopes::of_json(&token.scopes)
}

fn invalid(field: &'static str, detail: &str) -> Error {
    let detail = detail.to_owned();
    Error::Invalid { field, detail }
}
