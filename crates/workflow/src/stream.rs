//! A thread's stream: what was said and what became of its work, numbered from 1 in the order of the commits.

use db::{ConnectionTrait, Tx, hints::tell_soon};
use entity::{
    values::{StreamEventKind, ThreadId},
    workflow::stream_event::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;

use crate::{Error, hints};

/// Appends to the stream of a thread whose queue has been locked ([`crate::queues::lock`]), and wakes who
/// listens once it is committed.
pub async fn publish(
    ctx: &Ctx,
    tx: &Tx,
    thread: ThreadId,
    kind: StreamEventKind,
    data: Value,
) -> Result<Model, Error> {
    let event = Model {
        thread_id: thread,
        seq: last_seq(tx, thread).await? + 1,
        owner_user_id: ctx.scope,
        at: ctx.now(),
        kind,
        data_json: data,
    };
    let row = event.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    tell_soon(tx, hints::THREADS, thread.to_string());
    Ok(event)
}

/// Up to `limit` events after the number `seq`, in their order. An empty answer says nothing of the thread.
pub async fn after(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    thread: ThreadId,
    seq: i64,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let events = Entity::find()
        .filter(Column::ThreadId.eq(thread))
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db)
        .await?;
    Ok(events)
}

/// The number of the newest event; 0 before the first.
pub async fn last_seq(db: &impl ConnectionTrait, thread: ThreadId) -> Result<i64, Error> {
    let last: Option<i64> = Entity::find()
        .select_only()
        .column(Column::Seq)
        .filter(Column::ThreadId.eq(thread))
        .order_by_desc(Column::Seq)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.unwrap_or(0))
}
