use chrono::{DateTime, Utc};
use db::{
    ConnectionTrait,
    query::{fetch_all, sql},
};
use entity::values::{JobMode, JobStatus};
use sea_orm::FromQueryResult;

use crate::Error;

/// How many jobs of a mode have a status before their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Depth {
    pub mode: JobMode,
    pub status: JobStatus,
    pub jobs: i64,
    /// Since when the first of them was to run.
    pub oldest: DateTime<Utc>,
}

/// What is before the workers of all users. It looks at open jobs only, however many have ended.
pub async fn survey(db: &impl ConnectionTrait) -> Result<Vec<Depth>, Error> {
    let text = "
        SELECT mode, status, count(*) AS jobs, min(run_at) AS oldest
        FROM jobs WHERE status = 'queued' GROUP BY mode, status
        UNION ALL
        SELECT mode, status, count(*) AS jobs, min(run_at) AS oldest
        FROM jobs WHERE status = 'running' GROUP BY mode, status
        UNION ALL
        SELECT mode, status, count(*) AS jobs, min(run_at) AS oldest
        FROM jobs WHERE approval_due_at IS NOT NULL AND status = 'awaiting_approval'
        GROUP BY mode, status";
    Ok(fetch_all(db, &sql(text, [])).await?)
}
