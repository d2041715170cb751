//! The first answer to a request that creates, kept for the request's repetitions.
//!
//! A request with a key claims it first, then works, then keeps its answer: all in one transaction,
//! so that the work is never done without its answer being kept, nor the other way round. Where two
//! claim one key at once, the table's primary key decides: the later waits for the earlier.

use chrono::{DateTime, TimeDelta, Utc};
use db::ConnectionTrait;
use entity::idempotency_key::{ActiveModel, Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, TryInsertResult};
use serde_json::json;

use crate::Ctx;

/// How long an answer is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// A request that carries a key.
#[derive(Clone, Debug)]
pub struct KeyedRequest {
    pub method: String,
    pub path: String,
    /// 1 to 255 characters.
    pub key: String,
    /// `sha256:` and lower-case hex of all that makes two requests the same.
    pub hash: String,
}

/// An answer as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    pub body: String,
    pub location: Option<String>,
    pub etag: Option<String>,
}

/// What has become of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The key is this request's: work, then [`keep`] the answer.
    Ours,
    /// The same request was answered before.
    Answered(KeptAnswer),
    /// Another request had the key.
    Reused,
}

/// Claims the key of a request in the caller's transaction.
pub async fn claim(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    request: &KeyedRequest,
) -> Result<Claim, db::Error> {
    let now = ctx.now();
    let this_key = Entity::delete_by_id(primary_key(ctx, request));
    this_key.filter(Column::ExpiresAt.lte(now)).exec(db).await?;
    if insert_claim(ctx, db, request, now).await? {
        return Ok(Claim::Ours);
    }
    Ok(look_up(ctx, db, request).await?.unwrap_or(Claim::Reused))
}

/// What has become of a request's key, without claiming it; `None` if nothing is known of it.
pub async fn look_up(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    request: &KeyedRequest,
) -> Result<Option<Claim>, db::Error> {
    let unexpired =
        Entity::find_by_id(primary_key(ctx, request)).filter(Column::ExpiresAt.gt(ctx.now()));
    Ok(unexpired.one(db).await?.map(|first| {
        if first.request_hash == request.hash {
            Claim::Answered(kept(first))
        } else {
            Claim::Reused
        }
    }))
}

/// Keeps the answer under a key that is [`Claim::Ours`], and lets those of the same user go that have
/// expired.
pub async fn keep(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    request: &KeyedRequest,
    answer: &KeptAnswer,
) -> Result<(), db::Error> {
    let (user_id, method, path, key) = primary_key(ctx, request);
    let row = ActiveModel {
        user_id: Set(user_id),
        method: Set(method),
        path: Set(path),
        key: Set(key),
        status: Set(answer.status.into()),
        response: Set(answer.body.clone()),
        headers: Set(json!({"location": answer.location, "etag": answer.etag})),
        ..Default::default()
    };
    Entity::update(row).exec(db).await?;
    Entity::delete_many()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::ExpiresAt.lte(ctx.now()))
        .exec(db)
        .await?;
    Ok(())
}

/// Whether the key was free; waits for another transaction that is about to take it.
async fn insert_claim(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    request: &KeyedRequest,
    now: DateTime<Utc>,
) -> Result<bool, db::Error> {
    let (user_id, method, path, key) = primary_key(ctx, request);
    let row = ActiveModel {
        user_id: Set(user_id),
        method: Set(method),
        path: Set(path),
        key: Set(key),
        request_hash: Set(request.hash.clone()),
        status: Set(UNANSWERED),
        response: Set(String::new()),
        headers: Set(json!({})),
        expires_at: Set(now + KEPT_FOR),
        created_at: Set(now),
    };
    let columns = [Column::UserId, Column::Method, Column::Path, Column::Key];
    let inserted = Entity::insert(row)
        .on_conflict_do_nothing_on(columns)
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// 100 Continue: never committed, since the same transaction writes the answer over it.
const UNANSWERED: i64 = 100;

type PrimaryKey = (entity::values::UserId, String, String, String);

fn primary_key(ctx: &Ctx, request: &KeyedRequest) -> PrimaryKey {
    (
        ctx.scope,
        request.method.clone(),
        request.path.clone(),
        request.key.clone(),
    )
}

fn kept(row: Model) -> KeptAnswer {
    let header = |name: &str| row.headers.get(name)?.as_str().map(str::to_owned);
    KeptAnswer {
        status: u16::try_from(row.status).unwrap_or_default(),
        location: header("location"),
        etag: header("etag"),
        body: row.response,
    }
}
