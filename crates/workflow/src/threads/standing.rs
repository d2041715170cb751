//! How a thread stands, by its jobs.

use std::collections::HashMap;

use db::{ConnectionTrait, query};
use entity::{
    values::{JobStatus, ThreadId, ThreadState},
    workflow::{job, job_queue},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use crate::Error;

/// What a thread does, and how much of it at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Busy while a job runs; else as the last of its jobs that ended did.
    pub state: ThreadState,
    pub max_running_jobs: i64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            state: ThreadState::Idle,
            max_running_jobs: 1,
        }
    }
}

/// How one of the scope's threads stands.
pub async fn standing(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    thread: ThreadId,
) -> Result<Standing, Error> {
    let found = standings(ctx, db, &[thread]).await?;
    Ok(found.get(&thread).copied().unwrap_or_default())
}

/// How those of the threads stand that ever had work. At most 500 at once.
pub async fn standings(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, Standing>, Error> {
    let select = job_queue::Entity::find()
        .select_only()
        .column(job_queue::Column::ThreadId)
        .column(job_queue::Column::MaxRunning)
        .expr_as(newest([JobStatus::Running]), "running")
        .expr_as(
            newest([JobStatus::Done, JobStatus::Failed, JobStatus::Canceled]),
            "ended",
        )
        .filter(job_queue::Column::OwnerUserId.eq(ctx.scope))
        .filter(job_queue::Column::ThreadId.is_in(threads.iter().copied()))
        .into_query();
    let rows: Vec<Row> = query::fetch_all(db, &select).await?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// The status of a queue's newest job among those of some status.
fn newest(of: impl IntoIterator<Item = JobStatus>) -> Expr {
    let of_thread = Expr::col((job::Entity, job::Column::ThreadId))
        .eq(Expr::col((job_queue::Entity, job_queue::Column::ThreadId)));
    let newest: SelectStatement = job::Entity::find()
        .select_only()
        .column(job::Column::Status)
        .filter(of_thread)
        .filter(job::Column::Status.is_in(of))
        .order_by_desc(job::Column::Id)
        .limit(1)
        .into_query();
    Expr::SubQuery(None, Box::new(newest.into()))
}

#[derive(FromQueryResult)]
struct Row {
    thread_id: ThreadId,
    max_running: i64,
    running: Option<JobStatus>,
    ended: Option<JobStatus>,
}

impl Row {
    fn read(self) -> (ThreadId, Standing) {
        let state = match (self.running, self.ended) {
            (Some(_), _) => ThreadState::Busy,
            (None, Some(JobStatus::Failed)) => ThreadState::Error,
            (None, Some(JobStatus::Canceled)) => ThreadState::Interrupted,
            (None, _) => ThreadState::Idle,
        };
        let standing = Standing {
            state,
            max_running_jobs: self.max_running,
        };
        (self.thread_id, standing)
    }
}
