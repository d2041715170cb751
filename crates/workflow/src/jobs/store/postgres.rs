use chrono::{DateTime, Utc};
use db::{
    Tx,
    query::{Sql, execute, fetch_all, fetch_value, sql},
};
use entity::{
    values::{JobId, ThreadId},
    workflow::job::Model,
};
use serde_json::{Value, json};

use super::Taken;
use crate::{
    Error,
    jobs::{
        change::Change,
        claim::{Candidate, Wanted},
    },
};

const INSERT: &str = "
WITH new AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1) AS new (
        ord bigint, id uuid, owner_user_id uuid, thread_id uuid, trigger_message_id uuid, mode text,
        is_next boolean, payload_json jsonb, priority bigint, run_at timestamptz, max_attempts bigint,
        idempotency_key text, schedule_id uuid, kind text, details jsonb, line jsonb)
), made AS (
    INSERT INTO jobs (id, owner_user_id, thread_id, trigger_message_id, mode, status, is_next,
        payload_json, priority, run_at, attempt, max_attempts, idempotency_key, schedule_id,
        event_seq, created_at, updated_at)
    SELECT id, owner_user_id, thread_id, trigger_message_id, mode, 'queued', is_next,
        payload_json, priority, run_at, 0, max_attempts, idempotency_key, schedule_id, 1, $2, $2
    FROM new
    RETURNING 1
), logged AS (
    INSERT INTO job_events (job_id, seq, at, kind, details)
    SELECT id, 1, $2, kind, details FROM new
), told AS (
    INSERT INTO stream_events (thread_id, seq, owner_user_id, at, kind, data_json)
    SELECT new.thread_id,
        coalesce((SELECT max(seq) FROM stream_events s WHERE s.thread_id = new.thread_id), 0)
            + row_number() OVER (PARTITION BY new.thread_id ORDER BY new.ord),
        new.owner_user_id, $2, 'job', new.line
    FROM new
)
SELECT count(*) FROM made";

const WRITE: &str = "
WITH new AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1) AS new (
        ord bigint, id uuid, after bigint, owner_user_id uuid, thread_id uuid, status text,
        result_json jsonb, error text, run_at timestamptz, attempt bigint, max_attempts bigint,
        lease_token uuid, lease_expires_at timestamptz, worker text, started_at timestamptz,
        finished_at timestamptz, cancel_requested_at timestamptz, approval_due_at timestamptz,
        kind text, details jsonb, line jsonb)
    LIMIT $3
), changed AS (
    UPDATE jobs SET status = new.status, is_next = false, result_json = new.result_json,
        error = new.error, run_at = new.run_at, attempt = new.attempt,
        max_attempts = new.max_attempts, lease_token = new.lease_token,
        lease_expires_at = new.lease_expires_at, worker = new.worker,
        started_at = new.started_at, finished_at = new.finished_at,
        cancel_requested_at = new.cancel_requested_at, approval_due_at = new.approval_due_at,
        event_seq = new.after + 1, updated_at = $2
    FROM new
    WHERE jobs.id = new.id AND jobs.event_seq = new.after
    RETURNING 1
), logged AS (
    INSERT INTO job_events (job_id, seq, at, kind, details)
    SELECT id, after + 1, $2, kind, details FROM new
), told AS (
    INSERT INTO stream_events (thread_id, seq, owner_user_id, at, kind, data_json)
    SELECT new.thread_id,
        coalesce((SELECT max(seq) FROM stream_events s WHERE s.thread_id = new.thread_id), 0)
            + row_number() OVER (PARTITION BY new.thread_id ORDER BY new.ord),
        new.owner_user_id, $2, 'job', new.line
    FROM new
)
SELECT count(*) FROM changed";

/// Each priority has its own range of the index, begun where live rows were last: old snapshots keep the dead
/// ones before it.
macro_rules! candidates {
    ($of:literal) => {
        concat!(
            "
SELECT found.id, found.thread_id, found.priority, found.run_at
FROM jsonb_to_recordset($1) AS range (priority bigint, since timestamptz)
CROSS JOIN LATERAL (
    SELECT j.id, j.thread_id, j.priority, j.run_at
    FROM jobs j JOIN job_queues q ON q.thread_id = j.thread_id
    WHERE j.status = 'queued' AND j.is_next AND j.priority = range.priority
        AND j.run_at >= range.since AND j.run_at <= $2
        AND j.mode IN (SELECT jsonb_array_elements_text($3))
        AND NOT EXISTS (SELECT 1 FROM paused_job_modes p
            WHERE p.owner_user_id = j.owner_user_id AND p.mode = j.mode)
        AND j.thread_id NOT IN (SELECT jsonb_array_elements_text($5)::uuid)",
            $of,
            "
    ORDER BY j.run_at, j.id
    LIMIT $4
    FOR NO KEY UPDATE OF q SKIP LOCKED
) AS found
LIMIT $4"
        )
    };
}

const CANDIDATES: &str = candidates!("");
const CANDIDATES_OF_OWNER: &str = candidates!(" AND j.owner_user_id = $6");

const TAKEN: &str = "
SELECT
    (SELECT count(*) FROM jobs r WHERE r.thread_id = new.thread_id AND r.status = 'running')
    + (SELECT count(*) FROM (
        SELECT 1 FROM jobs j
        WHERE j.thread_id = new.thread_id AND j.status = 'queued' AND j.priority = new.priority
            AND j.run_at <= new.run_at
        LIMIT 100) AS before) AS taken
FROM jsonb_to_recordset($1) AS new (
    ord bigint, thread_id uuid, priority bigint, run_at timestamptz)
ORDER BY new.ord";

const HEADS: &str = "
SELECT head.*
FROM (SELECT id FROM jsonb_array_elements_text($1) AS named (id) LIMIT $3) AS named
JOIN job_queues q ON q.thread_id = named.id::uuid
CROSS JOIN LATERAL (
    SELECT j.* FROM jobs j
    WHERE j.thread_id = q.thread_id AND j.status = 'queued' AND j.run_at <= $2
    ORDER BY j.priority DESC, j.run_at, j.id
    LIMIT greatest(q.max_running - (SELECT count(*) FROM jobs r
        WHERE r.thread_id = q.thread_id AND r.status = 'running'), 0)
) AS head";

const PROMOTE: &str = "
WITH room AS MATERIALIZED (
    SELECT q.thread_id, q.max_running - (SELECT count(*) FROM jobs r
        WHERE r.thread_id = q.thread_id AND r.status = 'running') AS free
    FROM (SELECT id FROM jsonb_array_elements_text($1) AS named (id) LIMIT $3) AS named
    JOIN job_queues q ON q.thread_id = named.id::uuid
    WHERE EXISTS (SELECT 1 FROM jobs j
        WHERE j.thread_id = q.thread_id AND j.status = 'queued')
), first AS MATERIALIZED (
    SELECT head.id
    FROM room CROSS JOIN generate_series(0, 9) AS p CROSS JOIN LATERAL (
        SELECT j.id, j.is_next FROM jobs j
        WHERE j.thread_id = room.thread_id AND j.status = 'queued' AND j.priority = p
        ORDER BY j.run_at, j.id
        LIMIT greatest(room.free, 0)
    ) AS head
    WHERE room.free > 0 AND NOT head.is_next
), marked AS (
    UPDATE jobs SET is_next = true FROM first WHERE jobs.id = first.id
    RETURNING run_at <= $2 AS is_due
)
SELECT coalesce(bool_or(is_due), false) FROM marked";

pub async fn insert(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    let rows: Vec<Value> = changes.iter().enumerate().map(new_row).collect();
    let statement = sql(INSERT, [json!(rows).into(), now.into()]);
    let _: i64 = fetch_value(tx, &statement).await?;
    Ok(())
}

pub async fn write(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    let rows: Vec<Value> = changes.iter().enumerate().map(changed_row).collect();
    let statement = sql(
        WRITE,
        [json!(rows).into(), now.into(), count(changes).into()],
    );
    let changed: i64 = fetch_value(tx, &statement).await?;
    if usize::try_from(changed) == Ok(changes.len()) {
        return Ok(());
    }
    Err(Error::Interfered)
}

pub async fn lock_candidates(tx: &Tx, wanted: &Wanted<'_>) -> Result<Vec<Candidate>, Error> {
    let ranges: Vec<Value> = wanted
        .since
        .iter()
        .map(|(priority, since)| json!({"priority": priority, "since": since}))
        .collect();
    let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
    let mut values = vec![
        json!(ranges).into(),
        wanted.now.into(),
        json!(wanted.modes).into(),
        limit.into(),
        json!(wanted.seen).into(),
    ];
    let statement = match wanted.owner {
        None => sql(CANDIDATES, values),
        Some(owner) => {
            values.push(owner.into());
            sql(CANDIDATES_OF_OWNER, values)
        }
    };
    Ok(fetch_all(tx, &statement).await?)
}

pub async fn taken(tx: &Tx, new: &[Change]) -> Result<Vec<i64>, Error> {
    let place = |(ord, change): (usize, &Change)| {
        let job = &change.job;
        json!({"ord": ord, "thread_id": job.thread_id, "priority": job.priority, "run_at": job.run_at})
    };
    let places: Vec<Value> = new.iter().enumerate().map(place).collect();
    let taken: Vec<Taken> = fetch_all(tx, &sql(TAKEN, [json!(places).into()])).await?;
    Ok(taken.into_iter().map(|taken| taken.taken).collect())
}

pub async fn heads(tx: &Tx, now: DateTime<Utc>, threads: &[ThreadId]) -> Result<Vec<Model>, Error> {
    Ok(fetch_all(tx, &of_threads(HEADS, threads, now)).await?)
}

pub async fn promote(tx: &Tx, now: DateTime<Utc>, threads: &[ThreadId]) -> Result<bool, Error> {
    Ok(fetch_value(tx, &of_threads(PROMOTE, threads, now)).await?)
}

fn of_threads(text: &'static str, threads: &[ThreadId], now: DateTime<Utc>) -> Sql {
    let values = [json!(threads).into(), now.into(), count(threads).into()];
    sql(text, values)
}

/// Given as a limit too, since the planner takes a JSON value for a hundred rows, and would rather read the whole
/// table than look up so many.
fn count<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

fn new_row((ord, change): (usize, &Change)) -> Value {
    let job = &change.job;
    json!({
        "ord": ord,
        "id": job.id,
        "owner_user_id": job.owner_user_id,
        "thread_id": job.thread_id,
        "trigger_message_id": job.trigger_message_id,
        "mode": job.mode,
        "is_next": job.is_next,
        "payload_json": job.payload_json,
        "priority": job.priority,
        "run_at": job.run_at,
        "max_attempts": job.max_attempts,
        "idempotency_key": job.idempotency_key,
        "schedule_id": job.schedule_id,
        "kind": change.event,
        "details": change.details,
        "line": change.line(),
    })
}

fn changed_row((ord, change): (usize, &Change)) -> Value {
    let job = &change.job;
    json!({
        "ord": ord,
        "id": job.id,
        "after": change.after,
        "owner_user_id": job.owner_user_id,
        "thread_id": job.thread_id,
        "status": job.status,
        "result_json": job.result_json,
        "error": job.error,
        "run_at": job.run_at,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "lease_token": job.lease_token,
        "lease_expires_at": job.lease_expires_at,
        "worker": job.worker,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "cancel_requested_at": job.cancel_requested_at,
        "approval_due_at": job.approval_due_at,
        "kind": change.event,
        "details": change.details,
        "line": change.line(),
    })
}

/// Takes away the mark of jobs that are not next after all.
pub async fn unmark(tx: &Tx, jobs: &[JobId]) -> Result<(), Error> {
    let text = "UPDATE jobs SET is_next = false WHERE status = 'queued' AND is_next
        AND id IN (SELECT id::uuid FROM jsonb_array_elements_text($1) AS named (id))";
    execute(tx, &sql(text, [json!(jobs).into()])).await?;
    Ok(())
}
