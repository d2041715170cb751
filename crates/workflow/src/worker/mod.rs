//! Workers within the program: they lease jobs of everybody, do them by their [`JobHandler`]s, and look after
//! what falls due.
//!
//! These own their transactions: nobody above them would.

mod handler;
mod running;
pub mod upkeep;

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use db::{Tx, hints::Hints};
use entity::{values::JobMode, workflow::job::Model};
use futures_util::{FutureExt, future::BoxFuture};
use identity::Ctx;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

pub(crate) use handler::ctx_of;
pub use handler::{Assignment, Done, Finish, FinishError, JobHandler};
use running::{Cancellations, run};

use crate::{
    Error, hints,
    jobs::{self, Claim, Horizon},
};

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Names it in the jobs' histories.
    pub name: String,
    /// How many jobs it does at a time.
    pub concurrency: usize,
    /// How long a job is its own after its last heartbeat.
    pub lease: TimeDelta,
    /// How often it looks for jobs that nobody has hinted at.
    pub poll: Duration,
    /// How long jobs under way may take after the worker was told to stop.
    pub grace: Duration,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            name: "tallystick".to_owned(),
            concurrency: 8,
            lease: TimeDelta::seconds(60),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(20),
        }
    }
}

/// Does jobs until it is told to stop.
pub struct Worker {
    ctx: Ctx,
    config: WorkerConfig,
    handlers: HashMap<JobMode, Arc<dyn JobHandler>>,
}

impl Worker {
    /// A worker for the modes of `handlers`. `ctx` is the service's own.
    pub fn new(
        ctx: Ctx,
        config: WorkerConfig,
        handlers: impl IntoIterator<Item = Arc<dyn JobHandler>>,
    ) -> Self {
        let by_mode = |handler: Arc<dyn JobHandler>| (handler.mode(), handler);
        Self {
            ctx,
            config,
            handlers: handlers.into_iter().map(by_mode).collect(),
        }
    }

    /// Until `stop`; then what is under way may end within the time that the configuration grants. What has not
    /// ended by then runs again once its lease is over.
    pub async fn run(self, stop: CancellationToken) {
        if self.handlers.is_empty() {
            return;
        }
        let cancellations = Cancellations::watch(&self.ctx.database);
        let room = Arc::new(Semaphore::new(self.config.concurrency));
        let mut hints = self.ctx.database.listen(hints::JOBS);
        let mut tasks = JoinSet::new();
        let horizon = Arc::<Horizon>::default();
        loop {
            let claimed = tokio::select! {
                () = stop.cancelled() => break,
                claimed = self.claim_some(&room, &horizon) => claimed,
            };
            let jobs = claimed.unwrap_or_else(|error| {
                tracing::warn!("the worker could not claim jobs: {error}");
                Vec::new()
            });
            let found = !jobs.is_empty();
            for job in jobs {
                self.start(job, &room, &cancellations, &mut tasks).await;
            }
            while tasks.try_join_next().is_some() {}
            if !found {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = wait(&mut hints, self.config.poll) => {}
                }
            }
        }
        let ended = timeout(self.config.grace, async {
            while tasks.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::warn!(
                jobs = tasks.len(),
                "jobs were given up: they run again when their leases end"
            );
        }
    }

    /// Waits until there is room for a job, and asks for as many as there is room for.
    async fn claim_some(
        &self,
        room: &Semaphore,
        horizon: &Arc<Horizon>,
    ) -> Result<Vec<Model>, Error> {
        // It is taken when the jobs start; nobody else takes it meanwhile.
        drop(room.acquire().await);
        let free = u64::try_from(room.available_permits()).unwrap_or(u64::MAX);
        let claim = Claim {
            worker: self.config.name.clone(),
            owner: None,
            modes: self.handlers.keys().copied().collect(),
            limit: free.clamp(1, jobs::claim::MOST),
            lease: self.config.lease,
        };
        claim_now(&self.ctx, &claim, horizon).await
    }

    async fn start(
        &self,
        job: Model,
        room: &Arc<Semaphore>,
        cancellations: &Cancellations,
        tasks: &mut JoinSet<()>,
    ) {
        let Some(handler) = self.handlers.get(&job.mode).cloned() else {
            return;
        };
        let Ok(permit) = Arc::clone(room).acquire_owned().await else {
            return;
        };
        let assignment = Assignment::new(&self.ctx, job, cancellations);
        let lease = self.config.lease;
        tasks.spawn(async move {
            run(handler, assignment, lease).await;
            drop(permit);
        });
    }
}

/// Waits for a hint, but no longer than `poll`.
async fn wait(hints: &mut Hints, poll: Duration) {
    if let Ok(None) = timeout(poll, hints.next()).await {
        // The database is being closed: there is nothing to do in a hurry.
        tokio::time::sleep(poll).await;
    }
}

/// Claims in a transaction of its own, if there is anything that is due.
///
/// It is boxed since the compiler does not see through the layers above it that it is `Send`.
pub fn claim_now(
    ctx: &Ctx,
    claim: &Claim,
    horizon: &Arc<Horizon>,
) -> BoxFuture<'static, Result<Vec<Model>, Error>> {
    let shared = (ctx.clone(), claim.clone(), Arc::clone(horizon));
    let shared = Arc::new(shared);
    async move {
        let (ctx, claim, _) = shared.as_ref();
        if !jobs::has_due(ctx, &ctx.shared(), claim.owner).await? {
            return Ok(Vec::new());
        }
        let claiming = Arc::clone(&shared);
        let work = move |tx: Tx| {
            let claiming = Arc::clone(&claiming);
            async move {
                let (ctx, claim, horizon) = claiming.as_ref();
                jobs::claim(ctx, &tx, claim, horizon).await
            }
        };
        ctx.database.write(work).await
    }
    .boxed()
}

/// As [`claim_now`], and waits up to `patience` for something to be there: woken by hints, and looking by itself
/// every `poll`.
///
/// # Errors
///
/// As [`jobs::claim`].
pub async fn claim_or_wait(
    ctx: &Ctx,
    claim: &Claim,
    horizon: &Arc<Horizon>,
    patience: Duration,
    poll: Duration,
) -> Result<Vec<Model>, Error> {
    claim.check()?;
    let deadline = Instant::now() + patience;
    let mut hints = ctx.database.listen(hints::JOBS);
    loop {
        let jobs = claim_now(ctx, claim, horizon).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        if !jobs.is_empty() || left.is_zero() {
            return Ok(jobs);
        }
        wait(&mut hints, poll.min(left)).await;
    }
}
