//! Schedules: jobs that come again and again, at the times of a cron pattern in a time zone.

mod pattern;

use chrono::{DateTime, Utc};
use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    values::{JobMode, JobScheduleId, ThreadId},
    workflow::job_schedule::{Column, Entity, Model},
};
use futures_util::{FutureExt, future::BoxFuture};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;

use super::{
    NewJob,
    enqueue::{check, enqueue},
};
use crate::{Error, queues, text, worker::ctx_of};

pub use pattern::next_time;

const LONGEST_NAME: usize = 200;
/// Schedules that one round of the upkeep runs.
const MOST_AT_ONCE: u64 = 100;

/// A schedule that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchedule {
    pub thread: ThreadId,
    /// 1 to 200 characters, unique among the owner's.
    pub name: String,
    /// Minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// An IANA name, such as `America/New_York`.
    pub timezone: String,
    pub mode: JobMode,
    pub payload: Value,
    pub priority: i64,
    pub max_attempts: i64,
}

/// # Errors
///
/// [`Error::ThreadNotFound`], [`Error::ScheduleExists`], and [`Error::Invalid`] for a name, a pattern, a time zone,
/// a priority or a number of attempts that is none.
pub async fn create(ctx: &Ctx, tx: &Tx, new: NewSchedule) -> Result<Model, Error> {
    text::check_line("/name", &new.name, LONGEST_NAME)?;
    if new.mode == JobMode::Deliver {
        let (field, detail) = ("/mode", "`deliver` is the service's own mode".to_owned());
        return Err(Error::Invalid { field, detail });
    }
    let job = NewJob {
        priority: new.priority,
        max_attempts: new.max_attempts,
        ..NewJob::new(new.mode, Value::Null)
    };
    check(&job)?;
    let now = ctx.now();
    let next_run_at = next_time(&new.cron, &new.timezone, now)?;
    queues::lock(ctx, tx, new.thread).await?;
    let schedule = Model {
        id: JobScheduleId::new(),
        owner_user_id: ctx.scope,
        thread_id: new.thread,
        name: new.name,
        cron: new.cron,
        timezone: new.timezone,
        mode: new.mode,
        payload_json: new.payload,
        priority: new.priority,
        max_attempts: new.max_attempts,
        is_active: true,
        next_run_at,
        last_run_at: None,
        created_at: now,
        updated_at: now,
    };
    let row = schedule.clone().into_active_model().reset_all();
    match Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_err(db::Error::from)
    {
        Ok(_) => Ok(schedule),
        Err(db::Error::Duplicate(_)) => Err(Error::ScheduleExists {
            name: schedule.name,
        }),
        Err(error) => Err(error.into()),
    }
}

/// # Errors
///
/// [`Error::ScheduleNotFound`] if the scope has no such schedule.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: JobScheduleId) -> Result<Model, Error> {
    let found = Entity::find_by_id(id)
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .one(db)
        .await?;
    found.ok_or(Error::ScheduleNotFound { id })
}

/// The scope's schedules, the newest first.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    page: Page<JobScheduleId>,
) -> Result<Listed<Model>, Error> {
    let mut query = Entity::find().filter(Column::OwnerUserId.eq(ctx.scope));
    if let Some(after) = page.after {
        query = query.filter(Column::Id.lt(after));
    }
    let found = query
        .order_by_desc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(found))
}

/// Stops a schedule, or lets it go on with the next time that is still to come.
///
/// # Errors
///
/// As [`find`].
pub async fn set_active(
    ctx: &Ctx,
    tx: &Tx,
    id: JobScheduleId,
    is_active: bool,
) -> Result<Model, Error> {
    let schedule = find(ctx, tx, id).await?;
    queues::lock(ctx, tx, schedule.thread_id).await?;
    let schedule = find(ctx, tx, id).await?;
    let now = ctx.now();
    let next_run_at = if is_active && !schedule.is_active {
        next_time(&schedule.cron, &schedule.timezone, now)?
    } else {
        schedule.next_run_at
    };
    let schedule = Model {
        is_active,
        next_run_at,
        updated_at: now,
        ..schedule
    };
    update(tx, &schedule).await?;
    Ok(schedule)
}

/// Its jobs stay.
///
/// # Errors
///
/// As [`find`].
pub async fn delete(ctx: &Ctx, tx: &Tx, id: JobScheduleId) -> Result<(), Error> {
    let schedule = find(ctx, tx, id).await?;
    queues::lock(ctx, tx, schedule.thread_id).await?;
    let deleted = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .exec(tx)
        .await?;
    if deleted.rows_affected == 1 {
        return Ok(());
    }
    Err(Error::ScheduleNotFound { id })
}

/// Makes the jobs of all schedules whose time has come, each in a transaction of its own, and answers how many.
/// Times that were missed, since nothing ran, count as one.
pub async fn run_due(service: &Ctx) -> Result<usize, Error> {
    let mut made = 0;
    for schedule in due(service.clone()).await? {
        let ctx = ctx_of(service, schedule.owner_user_id, "schedules");
        made += usize::from(run_alone(ctx, schedule).await?);
    }
    Ok(made)
}

// These are boxed since the compiler does not see through the layers above them that they are `Send`.

fn due(service: Ctx) -> BoxFuture<'static, Result<Vec<Model>, Error>> {
    async move {
        let due = Entity::find()
            .filter(Column::IsActive.eq(true))
            .filter(Column::NextRunAt.lte(service.now()))
            .order_by_asc(Column::NextRunAt)
            .limit(MOST_AT_ONCE)
            .all(&service.shared())
            .await?;
        Ok(due)
    }
    .boxed()
}

fn run_alone(ctx: Ctx, schedule: Model) -> BoxFuture<'static, Result<bool, Error>> {
    let database = ctx.database.clone();
    let unit = move |tx: Tx| {
        let (ctx, schedule) = (ctx.clone(), schedule.clone());
        async move { run_one(&ctx, &tx, schedule).await }
    };
    async move { database.write(unit).await }.boxed()
}

async fn run_one(ctx: &Ctx, tx: &Tx, seen: Model) -> Result<bool, Error> {
    queues::lock(ctx, tx, seen.thread_id).await?;
    let schedule = match find(ctx, tx, seen.id).await {
        Ok(schedule) if schedule.is_active && schedule.next_run_at == seen.next_run_at => schedule,
        Ok(_) | Err(Error::ScheduleNotFound { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let now = ctx.now();
    let due_at = schedule.next_run_at;
    enqueue(ctx, tx, schedule.thread_id, job_of(&schedule, due_at)).await?;
    let schedule = Model {
        next_run_at: next_time(&schedule.cron, &schedule.timezone, now)?,
        last_run_at: Some(due_at),
        updated_at: now,
        ..schedule
    };
    update(tx, &schedule).await?;
    Ok(true)
}

fn job_of(schedule: &Model, due_at: DateTime<Utc>) -> NewJob {
    NewJob {
        priority: schedule.priority,
        run_at: Some(due_at),
        max_attempts: schedule.max_attempts,
        idempotency_key: Some(format!("schedule {} {}", schedule.id, due_at.timestamp())),
        schedule_id: Some(schedule.id),
        ..NewJob::new(schedule.mode, schedule.payload_json.clone())
    }
}

async fn update(tx: &Tx, schedule: &Model) -> Result<(), Error> {
    let row = schedule.clone().into_active_model().reset_all();
    Entity::update(row).exec_without_returning(tx).await?;
    Ok(())
}
