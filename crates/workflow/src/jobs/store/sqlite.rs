use chrono::{DateTime, Utc};
use db::{
    ConnectionTrait, Tx,
    query::{execute, fetch_all, fetch_value, sql},
};
use entity::{
    values::{JobId, StreamEventKind, ThreadId},
    workflow::{job, job_event, stream_event},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    QueryTrait,
};

use crate::{
    Error,
    jobs::{
        change::Change,
        claim::{Candidate, Wanted},
    },
    stream,
};

pub async fn insert(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    for change in changes {
        let row = change.job.clone().into_active_model().reset_all();
        job::Entity::insert(row).exec_without_returning(tx).await?;
        write_down(tx, now, change).await?;
    }
    Ok(())
}

pub async fn write(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    for change in changes {
        let row = change.job.clone().into_active_model().reset_all();
        let update = job::Entity::update_many()
            .set(row)
            .filter(job::Column::Id.eq(change.job.id))
            .filter(job::Column::EventSeq.eq(change.after));
        if execute(tx, update.as_query()).await? != 1 {
            return Err(Error::Interfered);
        }
        write_down(tx, now, change).await?;
    }
    Ok(())
}

/// The row of the history, and the line in the thread's stream.
async fn write_down(tx: &Tx, now: DateTime<Utc>, change: &Change) -> Result<(), Error> {
    let event = job_event::Model {
        job_id: change.job.id,
        seq: change.job.event_seq,
        at: now,
        kind: change.event,
        details: change.details.clone(),
    };
    let row = event.into_active_model().reset_all();
    job_event::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    let line = stream_event::Model {
        thread_id: change.job.thread_id,
        seq: stream::last_seq(tx, change.job.thread_id).await? + 1,
        owner_user_id: change.job.owner_user_id,
        at: now,
        kind: StreamEventKind::Job,
        data_json: change.line(),
    };
    let row = line.into_active_model().reset_all();
    stream_event::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

pub async fn candidates(tx: &Tx, wanted: &Wanted<'_>) -> Result<Vec<Candidate>, Error> {
    let text = "
        SELECT j.id, j.thread_id, j.priority, j.run_at FROM jobs j
        WHERE j.status = 'queued' AND j.is_next AND j.run_at <= $1
            AND j.mode IN (SELECT value FROM json_each($2))
            AND ($3 IS NULL OR j.owner_user_id = $3)
            AND j.thread_id NOT IN (SELECT unhex(value) FROM json_each($5))
            AND NOT EXISTS (SELECT 1 FROM paused_job_modes p
                WHERE p.owner_user_id = j.owner_user_id AND p.mode = j.mode)
        ORDER BY j.priority DESC, j.run_at, j.id
        LIMIT $4";
    let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
    let seen: Vec<String> = wanted
        .seen
        .iter()
        .map(|id| id.0.simple().to_string())
        .collect();
    let values = [
        wanted.now.into(),
        serde_json::json!(wanted.modes).into(),
        wanted.owner.into(),
        limit.into(),
        serde_json::json!(seen).into(),
    ];
    Ok(fetch_all(tx, &sql(text, values)).await?)
}

pub async fn taken(tx: &Tx, new: &[Change]) -> Result<Vec<i64>, Error> {
    let text = "
        SELECT (SELECT count(*) FROM jobs r WHERE r.thread_id = $1 AND r.status = 'running')
            + (SELECT count(*) FROM (
                SELECT 1 FROM jobs
                WHERE thread_id = $1 AND status = 'queued' AND priority = $2 AND run_at <= $3
                LIMIT 100))";
    let mut all = Vec::new();
    for Change { job, .. } in new {
        let values = [job.thread_id.into(), job.priority.into(), job.run_at.into()];
        all.push(fetch_value(tx, &sql(text, values)).await?);
    }
    Ok(all)
}

pub async fn heads(
    tx: &Tx,
    now: DateTime<Utc>,
    threads: &[ThreadId],
) -> Result<Vec<job::Model>, Error> {
    let text = "
        SELECT j.* FROM jobs j
        WHERE j.thread_id = $1 AND j.status = 'queued' AND j.run_at <= $2
        ORDER BY j.priority DESC, j.run_at, j.id
        LIMIT max((SELECT q.max_running FROM job_queues q WHERE q.thread_id = $1)
            - (SELECT count(*) FROM jobs r WHERE r.thread_id = $1 AND r.status = 'running'), 0)";
    let mut heads = Vec::new();
    for thread in threads {
        let of_thread = sql(text, [(*thread).into(), now.into()]);
        heads.extend(fetch_all::<job::Model>(tx, &of_thread).await?);
    }
    Ok(heads)
}

pub async fn promote(tx: &Tx, now: DateTime<Utc>, threads: &[ThreadId]) -> Result<bool, Error> {
    let mut is_any_due = false;
    for thread in threads {
        is_any_due |= promote_in(tx, now, *thread).await?;
    }
    Ok(is_any_due)
}

#[derive(FromQueryResult)]
struct Marked {
    is_due: bool,
}

/// Where nothing waits there is nothing to mark: the common case costs one look.
const WAITS: &str = "
    SELECT q.max_running - (SELECT count(*) FROM jobs r
        WHERE r.thread_id = $1 AND r.status = 'running') AS free
    FROM job_queues q
    WHERE q.thread_id = $1
        AND EXISTS (SELECT 1 FROM jobs j WHERE j.thread_id = $1 AND j.status = 'queued')";

macro_rules! mark {
    ($($priority:literal)+) => {
        concat!(
            "UPDATE jobs SET is_next = 1 WHERE NOT is_next AND id IN (SELECT NULL",
            $(
                " UNION ALL SELECT id FROM (SELECT id FROM jobs WHERE thread_id = $1
                    AND status = 'queued' AND priority = ", $priority,
                " ORDER BY run_at, id LIMIT $2)",
            )+
            ") RETURNING run_at <= $3 AS is_due"
        )
    };
}

const MARK: &str = mark!(0 1 2 3 4 5 6 7 8 9);

async fn promote_in(tx: &Tx, now: DateTime<Utc>, thread: ThreadId) -> Result<bool, Error> {
    let waits = tx.query_one(&sql(WAITS, [thread.into()])).await?;
    let free: i64 = match waits {
        Some(row) => row.try_get_by_index(0)?,
        None => 0,
    };
    if free <= 0 {
        return Ok(false);
    }
    let values = [thread.into(), free.into(), now.into()];
    let marked: Vec<Marked> = fetch_all(tx, &sql(MARK, values)).await?;
    Ok(marked.iter().any(|marked| marked.is_due))
}

/// Takes away the mark of jobs that are not next after all.
pub async fn unmark(tx: &Tx, jobs: &[JobId]) -> Result<(), Error> {
    for job in jobs {
        let text = "UPDATE jobs SET is_next = false WHERE id = $1 AND status = 'queued'";
        execute(tx, &sql(text, [(*job).into()])).await?;
    }
    Ok(())
}
