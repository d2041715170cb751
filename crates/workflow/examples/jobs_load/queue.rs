//! Jobs that are enqueued before others are measured doing them.

use anyhow::Result;
use db::Tx;
use entity::values::{JobMode, ThreadId};
use identity::Ctx;
use serde_json::{Value, json};
use workflow::{
    Error,
    jobs::{NewJob, enqueue_many},
    threads,
};

use crate::arguments::Arguments;

const BATCH: usize = 1_000;

/// The threads take turns, so that none has its jobs together.
pub async fn fill(ctx: &Ctx, arguments: &Arguments) -> Result<Value> {
    let jobs = arguments.number("jobs")?;
    let threads = make_threads(ctx, arguments.number("threads")?).await?;
    let turns: Vec<ThreadId> = threads.iter().copied().cycle().take(jobs).collect();
    for batch in turns.chunks(BATCH) {
        let work = async |tx: Tx| -> Result<(), Error> {
            let new = batch.iter().map(|thread| (*thread, trivial()));
            enqueue_many(ctx, &tx, new.collect()).await.map(drop)
        };
        ctx.database.write(work).await?;
    }
    Ok(json!({ "jobs": jobs }))
}

pub fn trivial() -> NewJob {
    NewJob::new(JobMode::Execute, json!({ "n": 1 }))
}

pub async fn make_threads(ctx: &Ctx, count: usize) -> Result<Vec<ThreadId>> {
    let work = async |tx: Tx| -> Result<Vec<ThreadId>, Error> {
        let mut made = Vec::with_capacity(count);
        for number in 0..count {
            let chat = format!("thread {number}");
            made.push(threads::get_or_create(ctx, &tx, "bench", &chat).await?.id);
        }
        Ok(made)
    };
    Ok(ctx.database.write(work).await?)
}
