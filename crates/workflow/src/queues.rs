//! What is locked before anything of a thread changes: its row of `job_queues`.
//!
//! So the numbers of a thread's messages and of its stream have no holes, their order is the order of the
//! commits, and of decisions that race there is one outcome. The row itself is not written then: on PostgreSQL
//! a lock leaves no dead version behind, however long some old snapshot is kept.

use db::{ConnectionTrait, Tx, query::fetch_all};
use entity::{
    values::{ThreadId, UserId},
    workflow::job_queue::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{LockBehavior, LockType},
};

use crate::{Error, threads};

/// How many jobs of one thread may run at a time.
pub const MOST_RUNNING: i64 = 100;

/// Locks the queue of a thread of the scope until the transaction ends; makes it if there is none yet.
///
/// # Errors
///
/// [`Error::ThreadNotFound`] if the scope has no such thread.
pub async fn lock(ctx: &Ctx, tx: &Tx, thread: ThreadId) -> Result<Model, Error> {
    if let Some(queue) = try_lock(ctx, tx, thread).await? {
        return Ok(queue);
    }
    threads::find(ctx, tx, thread).await?;
    make(ctx, tx, thread).await?;
    let queue = try_lock(ctx, tx, thread).await?;
    queue.ok_or(Error::ThreadNotFound { id: thread })
}

/// Makes the queue of a thread that the scope is known to have, unless it is there.
pub(crate) async fn make(ctx: &Ctx, tx: &Tx, thread: ThreadId) -> Result<(), Error> {
    let now = ctx.now();
    let queue = Model {
        thread_id: thread,
        owner_user_id: ctx.scope,
        max_running: 1,
        created_at: now,
        updated_at: now,
    };
    Entity::insert(queue.into_active_model().reset_all())
        .on_conflict_do_nothing_on([Column::ThreadId])
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Sets how many of a thread's jobs may run at a time, 1 to [`MOST_RUNNING`]; 1 keeps them in order. The queue
/// has been locked.
///
/// # Errors
///
/// [`Error::Invalid`] for a number beyond.
pub async fn allow(ctx: &Ctx, tx: &Tx, queue: Model, max_running: i64) -> Result<Model, Error> {
    if !(1..=MOST_RUNNING).contains(&max_running) {
        return Err(Error::Invalid {
            field: "/max_running_jobs",
            detail: format!("must be 1 to {MOST_RUNNING}"),
        });
    }
    if queue.max_running == max_running {
        return Ok(queue);
    }
    let queue = Model {
        max_running,
        updated_at: ctx.now(),
        ..queue
    };
    let row = queue.clone().into_active_model().reset_all();
    Entity::update(row).exec_without_returning(tx).await?;
    crate::jobs::change::promote(tx, ctx.now(), &[queue.thread_id]).await?;
    Ok(queue)
}

/// The queue of a thread; `None` where nothing has been done in the thread yet.
pub async fn find(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    thread: ThreadId,
) -> Result<Option<Model>, Error> {
    let found = Entity::find_by_id(thread)
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .one(db)
        .await?;
    Ok(found)
}

/// Locks those of several queues that are there and, where it is named, `owner`'s. Who waits for several
/// takes them in one order, or two would wait for each other.
pub(crate) async fn lock_all(
    tx: &Tx,
    owner: Option<UserId>,
    threads: impl IntoIterator<Item = ThreadId>,
) -> Result<Vec<Model>, Error> {
    lock_those(tx, owner, threads, None).await
}

/// As [`lock_all`], but only those that nobody has locked: it waits for none.
pub(crate) async fn lock_free(
    tx: &Tx,
    threads: impl IntoIterator<Item = ThreadId>,
) -> Result<Vec<Model>, Error> {
    lock_those(tx, None, threads, Some(LockBehavior::SkipLocked)).await
}

async fn lock_those(
    tx: &Tx,
    owner: Option<UserId>,
    threads: impl IntoIterator<Item = ThreadId>,
    behavior: Option<LockBehavior>,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::ThreadId.is_in(threads))
        .order_by_asc(Column::ThreadId);
    if let Some(owner) = owner {
        query = query.filter(Column::OwnerUserId.eq(owner));
    }
    // SQLite has one writer anyway.
    if tx.get_database_backend() == DbBackend::Postgres {
        query = match behavior {
            Some(behavior) => query.lock_with_behavior(LockType::NoKeyUpdate, behavior),
            None => query.lock(LockType::NoKeyUpdate),
        };
    }
    Ok(fetch_all(tx, query.as_query()).await?)
}

async fn try_lock(ctx: &Ctx, tx: &Tx, thread: ThreadId) -> Result<Option<Model>, Error> {
    let locked = lock_all(tx, Some(ctx.scope), [thread]).await?;
    Ok(locked.into_iter().next())
}
