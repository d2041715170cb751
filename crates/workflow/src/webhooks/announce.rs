//! Who is to be told: queued in the transaction that makes it true.

use chrono::{DateTime, Utc};
use db::Tx;
use entity::{
    identity::user,
    values::{JobMode, ThreadId, UserId},
    workflow::webhook_endpoint::{self, ActiveModel, Column, Entity},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set, sea_query::OnConflict};
use serde_json::{Value, json};

use super::{Endpoint, Endpoints, EventType, Message};
use crate::{
    Error,
    jobs::{self, NewJob},
    threads,
};

/// The platform of the threads whose jobs deliver: one thread an endpoint, which has its name.
pub const PLATFORM: &str = "webhooks";

/// With the pauses between them, about a day.
const MOST_ATTEMPTS: i64 = 12;

/// Makes what a transaction must know of the configured endpoints what the configuration says; the names of those
/// whose user is not there or not active, and who are told nothing.
pub async fn register(
    tx: &Tx,
    endpoints: &Endpoints,
    now: DateTime<Utc>,
) -> Result<Vec<String>, db::Error> {
    let mut without_user = Vec::new();
    let mut registered = Vec::new();
    for endpoint in endpoints.iter() {
        match owner(tx, endpoint).await? {
            Some(owner) => {
                upsert(tx, endpoint, owner, now).await?;
                registered.push(endpoint.name.as_str());
            }
            None => without_user.push(endpoint.name.clone()),
        }
    }
    Entity::delete_many()
        .filter(Column::Name.is_not_in(registered))
        .exec(tx)
        .await?;
    Ok(without_user)
}

/// Queues a message to each of the scope's endpoints that want to hear of this event.
pub(crate) async fn announce(
    ctx: &Ctx,
    tx: &Tx,
    event: EventType,
    data: &Value,
) -> Result<(), Error> {
    let mut messages: Vec<(ThreadId, String)> = Vec::new();
    for name in endpoints_of(ctx, tx, event).await? {
        let thread = threads::get_or_create(ctx, tx, PLATFORM, &name).await?;
        messages.push((thread.id, name));
    }
    let at = ctx.now();
    let job = |(thread, name): (ThreadId, String)| {
        let Message { endpoint, body } = Message::new(&name, event, at, data);
        let payload = json!({ "endpoint": endpoint, "body": body });
        let job = NewJob {
            max_attempts: MOST_ATTEMPTS,
            ..NewJob::new(JobMode::Deliver, payload)
        };
        (thread, job)
    };
    if !messages.is_empty() {
        jobs::enqueue_many(ctx, tx, messages.into_iter().map(job).collect()).await?;
    }
    Ok(())
}

async fn endpoints_of(ctx: &Ctx, tx: &Tx, event: EventType) -> Result<Vec<String>, Error> {
    let endpoints = Entity::find()
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .order_by_asc(Column::Name)
        .all(tx)
        .await?;
    let wanted = endpoints
        .into_iter()
        .filter(|endpoint| wants(endpoint, event));
    Ok(wanted.map(|endpoint| endpoint.name).collect())
}

fn wants(endpoint: &webhook_endpoint::Model, event: EventType) -> bool {
    let events = endpoint.events.as_array().into_iter().flatten();
    events.into_iter().any(|name| name == event.name())
}

async fn owner(tx: &Tx, endpoint: &Endpoint) -> Result<Option<UserId>, db::Error> {
    let found = user::Entity::find()
        .filter(user::Column::Email.eq(&endpoint.user))
        .filter(user::Column::IsActive.eq(true))
        .one(tx)
        .await?;
    Ok(found.map(|user| user.id))
}

async fn upsert(
    tx: &Tx,
    endpoint: &Endpoint,
    owner: UserId,
    now: DateTime<Utc>,
) -> Result<(), db::Error> {
    let events: Vec<&str> = endpoint.events.iter().map(|event| event.name()).collect();
    let row = ActiveModel {
        name: Set(endpoint.name.clone()),
        owner_user_id: Set(owner),
        events: Set(json!(events)),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let changed = [Column::OwnerUserId, Column::Events, Column::UpdatedAt];
    let on_conflict = OnConflict::column(Column::Name)
        .update_columns(changed)
        .to_owned();
    Entity::insert(row)
        .on_conflict(on_conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
