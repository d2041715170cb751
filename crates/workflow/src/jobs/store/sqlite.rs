use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use db::{
    Tx,
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
    let row = |change: &Change| change.job.clone().into_active_model().reset_all();
    let rows: Vec<_> = changes.iter().map(row).collect();
    job::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    write_down(tx, now, changes).await
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
    }
    write_down(tx, now, changes).await
}

/// The rows of the histories, and the lines in the threads' streams.
async fn write_down(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    let event = |change: &Change| job_event::Model {
        job_id: change.job.id,
        seq: change.job.event_seq,
        at: now,
        kind: change.event,
        details: change.details.clone(),
    };
    let events = changes.iter().map(event);
    let events: Vec<_> = events
        .map(|row| row.into_active_model().reset_all())
        .collect();
    job_event::Entity::insert_many(events)
        .exec_without_returning(tx)
        .await?;
    let mut lines = Vec::with_capacity(changes.len());
    let mut last: BTreeMap<ThreadId, i64> = BTreeMap::new();
    for change in changes {
        let thread = change.job.thread_id;
        let seq = match last.get(&thread) {
            Some(seq) => *seq,
            None => stream::last_seq(tx, thread).await?,
        } + 1;
        last.insert(thread, seq);
        let line = stream_event::Model {
            thread_id: thread,
            seq,
            owner_user_id: change.job.owner_user_id,
            at: now,
            kind: StreamEventKind::Job,
            data_json: change.line(),
        };
        lines.push(line.into_active_model().reset_all());
    }
    stream_event::Entity::insert_many(lines)
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
        LIMIT $3";
    let mut heads = Vec::new();
    for Room { thread_id, free } in rooms(tx, threads).await? {
        let values = [thread_id.into(), now.into(), free.into()];
        heads.extend(fetch_all::<job::Model>(tx, &sql(text, values)).await?);
    }
    Ok(heads)
}

#[derive(FromQueryResult)]
struct Room {
    thread_id: ThreadId,
    free: i64,
}

/// The threads in which something waits and may start, with how many more of their jobs may run.
async fn rooms(tx: &Tx, threads: &[ThreadId]) -> Result<Vec<Room>, Error> {
    let text = "
        SELECT thread_id, free FROM (
            SELECT q.thread_id, q.max_running - (SELECT count(*) FROM jobs r
                WHERE r.thread_id = q.thread_id AND r.status = 'running') AS free
            FROM json_each($1) AS named JOIN job_queues q ON q.thread_id = unhex(named.value)
            WHERE EXISTS (SELECT 1 FROM jobs j
                WHERE j.thread_id = q.thread_id AND j.status = 'queued'))
        WHERE free > 0";
    let named: Vec<String> = threads.iter().map(|id| id.0.simple().to_string()).collect();
    Ok(fetch_all(tx, &sql(text, [serde_json::json!(named).into()])).await?)
}

pub async fn promote(tx: &Tx, now: DateTime<Utc>, threads: &[ThreadId]) -> Result<bool, Error> {
    let mut is_any_due = false;
    for Room { thread_id, free } in rooms(tx, threads).await? {
        let values = [thread_id.into(), free.into(), now.into()];
        let marked: Vec<Marked> = fetch_all(tx, &sql(MARK, values)).await?;
        is_any_due |= marked.iter().any(|marked| marked.is_due);
    }
    Ok(is_any_due)
}

#[derive(FromQueryResult)]
struct Marked {
    is_due: bool,
}

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

/// Takes away the mark of jobs that are not next after all.
pub async fn unmark(tx: &Tx, jobs: &[JobId]) -> Result<(), Error> {
    for job in jobs {
        let text = "UPDATE jobs SET is_next = false WHERE id = $1 AND status = 'queued'";
        execute(tx, &sql(text, [(*job).into()])).await?;
    }
    Ok(())
}
