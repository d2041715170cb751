//! One job under way: its heartbeat, its cancellation, its end.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use db::{Database, Tx, hints::Hint};
use entity::values::ThreadId;
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Assignment, Finish, FinishError, JobHandler};
use crate::{
    Error, hints,
    jobs::{self, Beat, Completion, Failure, Lease},
};

/// A lease is extended so often while it lasts.
const BEATS: u32 = 3;

/// Wakes the heartbeats of jobs in whose threads something has happened.
pub struct Cancellations {
    threads: Arc<Threads>,
    _listening: DropGuard,
}

type Threads = Mutex<HashMap<ThreadId, Vec<Arc<Notify>>>>;

/// What a job under way is watched by.
pub struct Watched {
    pub canceled: CancellationToken,
    woken: Arc<Notify>,
    thread: ThreadId,
    threads: Arc<Threads>,
}

impl Cancellations {
    pub fn watch(database: &Database) -> Self {
        let threads = Arc::<Threads>::default();
        let stop = CancellationToken::new();
        let mut hints = database.listen(hints::THREADS);
        let (watched, until) = (Arc::clone(&threads), stop.clone());
        tokio::spawn(async move {
            let listening = async {
                while let Some(hint) = hints.next().await {
                    wake(&watched, &hint);
                }
            };
            tokio::select! {
                () = until.cancelled() => {}
                () = listening => {}
            }
        });
        Self {
            threads,
            _listening: stop.drop_guard(),
        }
    }

    pub fn of(&self, thread: ThreadId) -> Watched {
        let woken = Arc::new(Notify::new());
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.entry(thread).or_default().push(Arc::clone(&woken));
        Watched {
            canceled: CancellationToken::new(),
            woken,
            thread,
            threads: Arc::clone(&self.threads),
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(all) = threads.get_mut(&self.thread) {
            all.retain(|woken| !Arc::ptr_eq(woken, &self.woken));
            if all.is_empty() {
                threads.remove(&self.thread);
            }
        }
    }
}

fn wake(threads: &Threads, hint: &Hint) {
    let threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
    let all: Vec<&Arc<Notify>> = match hint {
        Hint::Told(text) => match text.parse() {
            Ok(thread) => threads.get(&thread).into_iter().flatten().collect(),
            Err(_) => Vec::new(),
        },
        Hint::MayHaveMissed => threads.values().flatten().collect(),
    };
    for woken in all {
        woken.notify_one();
    }
}

/// Does a job and writes down what came of it. A lost lease is only noted: somebody else does the job.
pub async fn run(handler: Arc<dyn JobHandler>, assignment: Assignment, lease: TimeDelta) {
    let Some(held) = Lease::of(&assignment.job) else {
        return;
    };
    let assignment = Arc::new(assignment);
    let work = AssertUnwindSafe(handler.work(&assignment)).catch_unwind();
    let outcome = tokio::select! {
        outcome = work => outcome.unwrap_or_else(|_| Err(panicked())),
        () = keep_alive(Arc::clone(&assignment), held, lease) => {
            tracing::info!(job = %held.job, "the lease was lost; the job was given up");
            return;
        }
    };
    let ended = match outcome {
        Ok(finish) => finish_job(Arc::clone(&assignment), held, finish.into()).await,
        Err(failure) => fail(Arc::clone(&assignment), held, failure).await,
    };
    if let Err(error) = ended {
        tracing::warn!(job = %held.job, "what came of a job was not written down: {error}");
    }
}

fn panicked() -> Failure {
    Failure {
        error: "the handler panicked; the log has more".to_owned(),
        retry: true,
        pause: None,
    }
}

/// Extends the lease, and tells the handler of a cancellation; ends when the lease is lost.
async fn keep_alive(assignment: Arc<Assignment>, held: Lease, lease: TimeDelta) {
    let every = lease.to_std().unwrap_or(Duration::from_secs(1)) / BEATS;
    let watched = assignment.watched();
    loop {
        pause(every, Arc::clone(&watched.woken)).await;
        match beat(Arc::clone(&assignment), held, lease).await {
            Ok(beat) if beat.cancel_requested_at.is_some() => watched.canceled.cancel(),
            Ok(_) => {}
            Err(Error::LeaseLost { .. }) => {
                watched.canceled.cancel();
                return;
            }
            // The lease lasts a while; the next beat may come through.
            Err(error) => tracing::debug!(job = %held.job, %error, "a heartbeat failed"),
        }
    }
}

/// Until it is time for a beat, or something has happened.
async fn pause(every: Duration, woken: Arc<Notify>) {
    // That the time was over first makes no difference.
    let _ = tokio::time::timeout(every, woken.notified()).await;
}

// These are boxed here since the compiler does not see through the layers above them that they are `Send`.

fn beat(
    assignment: Arc<Assignment>,
    held: Lease,
    lease: TimeDelta,
) -> BoxFuture<'static, Result<Beat, Error>> {
    let database = assignment.ctx.database.clone();
    let unit = move |tx: Tx| {
        let assignment = Arc::clone(&assignment);
        async move {
            let owner = Some(assignment.job.owner_user_id);
            jobs::heartbeat(&assignment.ctx, &tx, owner, &held, lease).await
        }
    };
    async move { database.write(unit).await }.boxed()
}

async fn finish_job(
    assignment: Arc<Assignment>,
    held: Lease,
    finish: Arc<dyn Finish>,
) -> Result<(), Error> {
    match end(Arc::clone(&assignment), held, finish).await {
        Ok(()) => Ok(()),
        Err(Unfinished::Refused(error)) => Err(error),
        Err(Unfinished::Failed(failure)) => fail(assignment, held, failure).await,
    }
}

/// A job's end that is to be written.
struct Ending {
    assignment: Arc<Assignment>,
    lease: Lease,
    finish: Arc<dyn Finish>,
}

fn end(
    assignment: Arc<Assignment>,
    lease: Lease,
    finish: Arc<dyn Finish>,
) -> BoxFuture<'static, Result<(), Unfinished>> {
    let database = assignment.ctx.database.clone();
    let ending = Arc::new(Ending {
        assignment,
        lease,
        finish,
    });
    let unit = move |tx: Tx| {
        let ending = Arc::clone(&ending);
        async move { write_end(&ending, tx).await }
    };
    async move { database.write(unit).await }.boxed()
}

async fn write_end(ending: &Ending, tx: Tx) -> Result<(), Unfinished> {
    let Assignment { ctx, job, .. } = ending.assignment.as_ref();
    let (owner, lease) = (Some(job.owner_user_id), ending.lease);
    // The lease first: whoever has lost it writes nothing.
    jobs::check_lease(ctx, &tx, owner, &lease).await?;
    let result = ending.finish.finish(ctx, &tx).await?;
    let done = Completion { lease, result };
    jobs::complete(ctx, &tx, owner, done).await?;
    Ok(())
}

fn fail(
    assignment: Arc<Assignment>,
    held: Lease,
    failure: Failure,
) -> BoxFuture<'static, Result<(), Error>> {
    let database = assignment.ctx.database.clone();
    let unit = move |tx: Tx| {
        let (assignment, failure) = (Arc::clone(&assignment), failure.clone());
        async move {
            let owner = Some(assignment.job.owner_user_id);
            jobs::fail(&assignment.ctx, &tx, owner, &held, failure).await
        }
    };
    async move { database.write(unit).await.map(drop) }.boxed()
}

/// Why a job's end was not written.
enum Unfinished {
    Refused(Error),
    Failed(Failure),
}

impl From<db::Error> for Unfinished {
    fn from(error: db::Error) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Error> for Unfinished {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<FinishError> for Unfinished {
    fn from(error: FinishError) -> Self {
        match error {
            FinishError::Database(error) => error.into(),
            FinishError::Failed(failure) => Self::Failed(failure),
        }
    }
}
