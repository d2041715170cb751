//! `/v1/jobs/claim` and what follows it: the work of workers, in any language.

mod body;

use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::TimeDelta;
use db::Tx;
use entity::values::{JobEventKind, JobId, JobMode, JobStatus, UserId};
use identity::Ctx;
use lru::LruCache;
use serde_json::Value;
use uuid::Uuid;
use workflow::{
    jobs::{self, Claim, Completion, Failure, Horizon, Lease},
    worker::claim_or_wait,
};

pub use body::{
    ClaimIn, CompleteIn, CompletionIn, CompletionOut, CompletionsIn, CompletionsOut, FailIn,
    HeartbeatIn, HeartbeatOut, ParkIn,
};

use super::jobs::{ClaimedOut, JobOut, WorkMode};
use crate::{
    answer::Answer,
    extract::{Body, Call, UrlPath},
    idempotency,
    problem::Problem,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/jobs/claim").post(claim_jobs))
        .service(web::resource("/v1/jobs/complete").post(complete_jobs))
        .service(web::resource("/v1/jobs/{id}/heartbeat").post(extend_lease))
        .service(web::resource("/v1/jobs/{id}/complete").post(complete_job))
        .service(web::resource("/v1/jobs/{id}/fail").post(fail_job))
        .service(web::resource("/v1/jobs/{id}/park").post(park_job));
}

/// Where those who claim for a user with certain modes found their last job.
pub struct Horizons(Mutex<LruCache<Claimant, Arc<Horizon>>>);

type Claimant = (UserId, BTreeSet<JobMode>);

const MOST_HORIZONS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

impl Default for Horizons {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST_HORIZONS)))
    }
}

impl Horizons {
    fn of(&self, owner: UserId, modes: &[JobMode]) -> Arc<Horizon> {
        let key = (owner, modes.iter().copied().collect());
        let mut horizons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(horizons.get_or_insert(key, Arc::default))
    }
}

/// How often somebody who waits looks for jobs that nobody has hinted at.
const POLL: Duration = Duration::from_secs(1);
const LONGEST_WAIT: u64 = 30;

/// Leases jobs of one's own: those that are due, by priority, then `run_at`, then age.
///
/// A job whose lease runs out is given to the next who claims. An `Idempotency-Key` is not taken: a claim whose
/// answer was lost gives its jobs back by itself.
#[utoipa::path(
    post, path = "/v1/jobs/claim", tag = "Jobs", request_body = ClaimIn,
    responses(
        (status = 200, description = "The jobs; none if there are none", body = ClaimedOut),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn claim_jobs(call: Call, body: Body<ClaimIn>) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    let wanted = body.value;
    if wanted.wait_seconds > LONGEST_WAIT {
        let detail = format!("must be 0 to {LONGEST_WAIT}");
        return Err(Problem::invalid("/wait_seconds", detail));
    }
    let modes = wanted.modes.unwrap_or_else(|| {
        vec![
            WorkMode::Classify,
            WorkMode::Plan,
            WorkMode::Execute,
            WorkMode::Answer,
        ]
    });
    let owner = call.ctx.scope;
    let claim = Claim {
        worker: wanted.worker,
        owner: Some(owner),
        modes: modes.into_iter().map(JobMode::from).collect(),
        limit: wanted.limit,
        lease: seconds(wanted.lease_seconds),
    };
    let horizon = call.state.horizons.of(owner, &claim.modes);
    let patience = Duration::from_secs(wanted.wait_seconds).min(call.state.config.longest_wait);
    let jobs = claim_or_wait(&call.ctx, &claim, &horizon, patience, POLL).await?;
    call.state.metrics.jobs.count(JobEventKind::Claimed, &jobs);
    Ok(Answer::ok(&ClaimedOut::from(jobs))?.into())
}

/// What is no time at all is refused by whoever takes it.
fn seconds(number: i64) -> TimeDelta {
    TimeDelta::try_seconds(number).unwrap_or(TimeDelta::MAX)
}

/// Extends a lease, and tells whether the job is to be given up.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/heartbeat", tag = "Jobs", request_body = HeartbeatIn,
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "Extended", body = HeartbeatOut),
        (status = 404, description = "`job_not_found`"),
        (status = 409, description = "`lease_lost`: the job is not this worker's any more"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn extend_lease(
    call: Call,
    UrlPath(id): UrlPath<JobId>,
    body: Body<HeartbeatIn>,
) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    let HeartbeatIn {
        lease_token,
        attempt,
        lease_seconds,
    } = body.value;
    let held = lease(id, lease_token, attempt);
    let (ctx, lease) = (&call.ctx, seconds(lease_seconds));
    let beat = async |tx: Tx| jobs::heartbeat(ctx, &tx, Some(ctx.scope), &held, lease).await;
    let beat = ctx.database.write(beat).await?;
    let out = HeartbeatOut {
        lease_expires_at: beat.lease_expires_at,
        cancel_requested_at: beat.cancel_requested_at,
    };
    Ok(Answer::ok(&out)?.into())
}

fn lease(job: JobId, token: Uuid, attempt: i64) -> Lease {
    Lease {
        job,
        token,
        attempt,
    }
}

/// Ends a job that was done.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/complete", tag = "Jobs", request_body = CompleteIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Done", body = JobOut),
        (status = 404, description = "`job_not_found`"),
        (status = 409, description = "`lease_lost`: the job is not this worker's any more"),
    ),
)]
pub async fn complete_job(
    call: Call,
    UrlPath(id): UrlPath<JobId>,
    body: Body<CompleteIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let done = Completion {
        lease: lease(id, value.lease_token, value.attempt),
        result: value.result.map(Value::Object),
    };
    idempotency::create(&call, &bytes, async |ctx: &Ctx, tx: &Tx| {
        let job = jobs::complete(ctx, tx, Some(ctx.scope), done.clone()).await?;
        call.state
            .metrics
            .jobs
            .count(JobEventKind::Completed, [&job]);
        Answer::ok(&JobOut::from(job))
    })
    .await
}

const MOST_COMPLETIONS: usize = 500;

/// Ends jobs that were done. One whose lease is lost does not keep the others from their end.
#[utoipa::path(
    post, path = "/v1/jobs/complete", tag = "Jobs", request_body = CompletionsIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "What became of each", body = CompletionsOut),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn complete_jobs(call: Call, body: Body<CompletionsIn>) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    if !(1..=MOST_COMPLETIONS).contains(&value.jobs.len()) {
        let detail = format!("must name 1 to {MOST_COMPLETIONS} jobs");
        return Err(Problem::invalid("/jobs", detail));
    }
    let done = |job: CompletionIn| Completion {
        lease: lease(job.id, job.lease_token, job.attempt),
        result: job.result.map(Value::Object),
    };
    let done: Vec<Completion> = value.jobs.into_iter().map(done).collect();
    idempotency::create(&call, &bytes, async |ctx: &Ctx, tx: &Tx| {
        let outcomes = jobs::complete_many(ctx, tx, Some(ctx.scope), done.clone()).await?;
        let completed = outcomes.iter().flatten();
        call.state
            .metrics
            .jobs
            .count(JobEventKind::Completed, completed);
        let out = |(done, outcome): (&Completion, Result<_, workflow::Error>)| CompletionOut {
            id: done.lease.job,
            is_done: outcome.is_ok(),
            code: outcome.err().map(|error| Problem::from(error).code()),
        };
        let jobs = done.iter().zip(outcomes).map(out).collect();
        Answer::ok(&CompletionsOut { jobs })
    })
    .await
}

const LONGEST_PAUSE: i64 = 86_400;

/// Ends an attempt that came to nothing: another follows after a growing pause, until there have been
/// `max_attempts`.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/fail", tag = "Jobs", request_body = FailIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Queued again, failed, or canceled as was asked", body = JobOut),
        (status = 404, description = "`job_not_found`"),
        (status = 409, description = "`lease_lost`: the job is not this worker's any more"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn fail_job(
    call: Call,
    UrlPath(id): UrlPath<JobId>,
    body: Body<FailIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let pause = value.retry_after_seconds;
    if pause.is_some_and(|pause| !(0..=LONGEST_PAUSE).contains(&pause)) {
        let detail = format!("must be 0 to {LONGEST_PAUSE}");
        return Err(Problem::invalid("/retry_after_seconds", detail));
    }
    let lease = lease(id, value.lease_token, value.attempt);
    let failure = Failure {
        error: value.error,
        retry: value.retry,
        pause: pause.map(seconds),
    };
    idempotency::create(&call, &bytes, async |ctx: &Ctx, tx: &Tx| {
        let job = jobs::fail(ctx, tx, Some(ctx.scope), &lease, failure.clone()).await?;
        let event = match job.status {
            JobStatus::Queued => JobEventKind::Retried,
            JobStatus::Canceled => JobEventKind::Canceled,
            _ => JobEventKind::Failed,
        };
        call.state.metrics.jobs.count(event, [&job]);
        Answer::ok(&JobOut::from(job))
    })
    .await
}

/// Lets a job wait for its approvals, without a lease.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/park", tag = "Jobs", request_body = ParkIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "It waits", body = JobOut),
        (status = 404, description = "`job_not_found`"),
        (status = 409, description = "`lease_lost`: the job is not this worker's any more; \
            `job_status`: none of its approvals is pending"),
    ),
)]
pub async fn park_job(
    call: Call,
    UrlPath(id): UrlPath<JobId>,
    body: Body<ParkIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let lease = lease(id, value.lease_token, value.attempt);
    idempotency::create(&call, &bytes, async |ctx: &Ctx, tx: &Tx| {
        let job = jobs::park(ctx, tx, Some(ctx.scope), &lease).await?;
        Answer::ok(&JobOut::from(job))
    })
    .await
}
