//! Jobs that have ended long ago: rows as the service leaves them, in the order of their ids.

use anyhow::{Context, Result};
use db::{ConnectionTrait, Database, Engine};
use identity::Ctx;
use sea_orm::Statement;
use serde_json::{Value, json};

use crate::queue::make_threads;

const ROWS: &str = "
INSERT INTO jobs (id, owner_user_id, thread_id, mode, status, is_next, payload_json, priority, run_at, attempt,
    max_attempts, worker, started_at, finished_at, event_seq, created_at, updated_at)";

/// With ids of version 7, which grow as those of real jobs do.
const POSTGRES: &str = "
SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
    $1, $2, 'execute', 'done', false, '{\"n\": 1}', 5, at, 1, 5, 'worker 0', at, at, 3, at, at
FROM (SELECT n, timestamptz '2024-01-01' + n * interval '1 second' AS at
    FROM generate_series(1, $3::bigint) AS numbers (n)) AS made";

const SQLITE: &str = "
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $3)
SELECT unhex(printf('%012x70008000%012x', 1700000000000 + n, n)),
    $1, $2, 'execute', 'done', 0, '{\"n\":1}', 5, at, 1, 5, 'worker 0', at, at, 3, at, at
FROM (SELECT n, strftime('%Y-%m-%dT%H:%M:%S', 1704067200 + n, 'unixepoch') || '.000000+00:00' AS at
    FROM numbers)";

pub async fn add(ctx: &Ctx, jobs: usize) -> Result<Value> {
    let database: &Database = &ctx.database;
    // The queue of a thread is made with its first job.
    let thread = make_threads(ctx, 1).await?.first().copied();
    let thread = thread.context("no thread was made")?;
    let work = async |tx: db::Tx| -> Result<(), workflow::Error> {
        workflow::queues::lock(ctx, &tx, thread).await?;
        let rows = match database.engine() {
            Engine::Postgres => POSTGRES,
            Engine::Sqlite => SQLITE,
        };
        let count = i64::try_from(jobs).unwrap_or(i64::MAX);
        let values = [ctx.scope.into(), thread.into(), count.into()];
        let text = format!("{ROWS}{rows}");
        let insert = Statement::from_sql_and_values(tx.get_database_backend(), text, values);
        tx.execute_raw(insert).await?;
        Ok(())
    };
    database.write_without_retry(work).await?;
    Ok(json!({ "jobs": jobs }))
}
