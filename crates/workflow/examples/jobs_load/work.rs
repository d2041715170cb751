//! Workers that claim what there is and complete it at once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use chrono::TimeDelta;
use db::Tx;
use entity::{values::JobMode, workflow::job};
use identity::Ctx;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};
use workflow::{
    Error,
    jobs::{Claim, Completion, Horizon, Lease, claim, complete_many},
};

use crate::arguments::Arguments;

/// After so many claims in a row that found nothing the queue is empty.
const EMPTY: usize = 5;
const PAUSE: Duration = Duration::from_millis(2);

/// One that claims and completes.
#[derive(Clone)]
pub struct Worker {
    ctx: Ctx,
    claim: Claim,
    horizon: Arc<Horizon>,
}

pub async fn run(ctx: &Ctx, arguments: &Arguments) -> Result<Value> {
    let start = Instant::now();
    let seconds = u64::try_from(arguments.number("seconds")?)?;
    let horizon = Arc::new(Horizon::default());
    let mut tasks = JoinSet::new();
    for number in 0..arguments.number("workers")? {
        let worker = Worker {
            horizon: Arc::clone(&horizon),
            ..Worker::new(ctx, number, u64::try_from(arguments.number("batch")?)?)
        };
        tasks.spawn(worker.work(start + Duration::from_secs(seconds)));
    }
    let (mut done, mut last) = (0, start);
    while let Some(ended) = tasks.join_next().await {
        let (by_worker, at) = ended??;
        done += by_worker;
        last = last.max(at.unwrap_or(start));
    }
    #[allow(clippy::cast_precision_loss)]
    let per_second = done as f64 / (last - start).as_secs_f64();
    Ok(json!({ "per_second": per_second, "done": done }))
}

impl Worker {
    pub fn new(ctx: &Ctx, number: usize, limit: u64) -> Self {
        Self {
            ctx: ctx.clone(),
            claim: Claim {
                worker: format!("worker {number}"),
                owner: None,
                modes: vec![JobMode::Execute],
                limit,
                lease: TimeDelta::minutes(1),
            },
            horizon: Arc::default(),
        }
    }

    /// How many were done, and when the last of them.
    async fn work(self, until: Instant) -> Result<(usize, Option<Instant>)> {
        let (mut done, mut last, mut empty) = (0, None, 0);
        while Instant::now() < until && empty < EMPTY {
            let jobs = self.claim().await?;
            if jobs.is_empty() {
                empty += 1;
                sleep(PAUSE).await;
                continue;
            }
            empty = 0;
            done += self.complete(&jobs).await?;
            last = Some(Instant::now());
        }
        Ok((done, last))
    }

    pub async fn claim(&self) -> Result<Vec<job::Model>, Error> {
        let worker = self.clone();
        let unit = move |tx: Tx| {
            let worker = worker.clone();
            async move { claim(&worker.ctx, &tx, &worker.claim, &worker.horizon).await }
        };
        self.ctx.database.write(unit).await
    }

    pub async fn complete(&self, jobs: &[job::Model]) -> Result<usize, Error> {
        let leases = jobs.iter().filter_map(Lease::of);
        let done = leases.map(|lease| Completion {
            lease,
            result: None,
        });
        let done: Vec<_> = done.collect();
        let ctx = self.ctx.clone();
        let unit = move |tx: Tx| {
            let (ctx, done) = (ctx.clone(), done.clone());
            async move { complete_many(&ctx, &tx, None, done).await }
        };
        let outcomes = self.ctx.database.write(unit).await?;
        Ok(outcomes.iter().filter(|outcome| outcome.is_ok()).count())
    }
}
