//! From before a job is enqueued until it starts in a worker that waits.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use db::{Database, Settings, Tx};
use entity::values::{JobId, ThreadId};
use identity::Ctx;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};
use workflow::{Error, hints, jobs::enqueue};

use crate::{
    arguments::Arguments,
    queue::{make_threads, trivial},
    work::Worker,
};

const THREADS: usize = 10;
const PAUSE: Duration = Duration::from_millis(20);
/// As often a worker looks that hears no hint.
const POLL: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

type Started = (JobId, Instant);

pub async fn measure(ctx: &Ctx, url: &str, arguments: &Arguments) -> Result<Value> {
    let threads = make_threads(ctx, THREADS).await?;
    let workers = match arguments.text("place")? {
        "same" => ctx.clone(),
        _ => crate::context(&Database::connect(&Settings::new(url)).await?).await,
    };
    let (sender, started) = unbounded_channel();
    let worker = tokio::spawn(wait_and_work(workers, sender));
    sleep(POLL).await;
    let asked = enqueue_slowly(ctx, &threads, arguments.number("jobs")?).await?;
    let times = compare(asked, started).await?;
    worker.abort();
    Ok(json!({ "milliseconds": times }))
}

async fn enqueue_slowly(
    ctx: &Ctx,
    threads: &[ThreadId],
    jobs: usize,
) -> Result<HashMap<JobId, Instant>> {
    let mut asked = HashMap::new();
    for thread in threads.iter().cycle().take(jobs) {
        let at = Instant::now();
        let work = async |tx: Tx| enqueue(ctx, &tx, *thread, trivial()).await;
        let enqueued = ctx.database.write(work).await?;
        asked.insert(enqueued.job.id, at);
        sleep(PAUSE).await;
    }
    Ok(asked)
}

async fn compare(
    mut asked: HashMap<JobId, Instant>,
    mut started: UnboundedReceiver<Started>,
) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(asked.len());
    while !asked.is_empty() {
        let next = timeout(LONGEST, started.recv()).await;
        let (job, at) = next
            .context("a job was not started")?
            .context("the worker ended")?;
        if let Some(asked) = asked.remove(&job) {
            times.push((at - asked).as_secs_f64() * 1e3);
        }
    }
    Ok(times)
}

async fn wait_and_work(ctx: Ctx, started: UnboundedSender<Started>) -> Result<(), Error> {
    let mut hints = ctx.database.listen(hints::JOBS);
    let worker = Worker::new(&ctx, 0, 10);
    loop {
        let jobs = worker.claim().await?;
        let now = Instant::now();
        for job in &jobs {
            // Nobody listens any more once all were started.
            let _ = started.send((job.id, now));
        }
        if jobs.is_empty() {
            // Without a hint it looks all the same.
            let _ = timeout(POLL, hints.next()).await;
        } else {
            worker.complete(&jobs).await?;
        }
    }
}
