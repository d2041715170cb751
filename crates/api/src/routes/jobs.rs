//! `/v1/jobs`: asking for work, and looking after it. What workers do is in [`super::job_work`].

mod body;
mod out;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use db::{Tx, page::Page};
use entity::values::{self, JobId, ThreadId};
use identity::Ctx;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use workflow::jobs::{self, Filter};

pub use body::{JobIn, JobsIn, WorkMode, usual_attempts, usual_priority};
pub use out::{
    CanceledOut, ClaimedJobOut, ClaimedOut, EnqueuedJobOut, EnqueuedOut, JobEventOut,
    JobHistoryOut, JobOut,
};

use super::readable;
use crate::{
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath, whole},
    idempotency,
    problem::Problem,
    schema::{JobMode, JobStatus},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/jobs", list_jobs).post(enqueue_jobs))
        .service(readable("/v1/jobs/{id}", get_job))
        .service(readable("/v1/jobs/{id}/events", get_job_history))
        .service(web::resource("/v1/jobs/{id}/cancel").post(cancel_job))
        .service(web::resource("/v1/jobs/{id}/redrive").post(redrive_job))
        .service(web::resource("/v1/threads/{id}/jobs/cancel").post(cancel_jobs_of_thread));
}

/// Asks for jobs: all of them, or none.
///
/// A thread's jobs run one at a time (or as many as the thread allows), by priority, then `run_at`, then age.
#[utoipa::path(
    post, path = "/v1/jobs", tag = "Jobs", request_body = JobsIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Enqueued, or there already by their keys", body = EnqueuedOut),
        (status = 404, description = "`thread_not_found`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn enqueue_jobs(call: Call, body: Body<JobsIn>) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let count = value.jobs.len();
    if !(1..=MOST_JOBS).contains(&count) {
        let detail = format!("must name 1 to {MOST_JOBS} jobs");
        return Err(Problem::invalid("/jobs", detail));
    }
    let new: Vec<_> = value.jobs.into_iter().map(JobIn::into_new).collect();
    idempotency::create(&call, &bytes, async |ctx: &Ctx, tx: &Tx| {
        let enqueued = jobs::enqueue_many(ctx, tx, new.clone()).await?;
        let out = |one: jobs::Enqueued| EnqueuedJobOut {
            job: one.job.into(),
            was_there: one.was_there,
        };
        let jobs = enqueued.into_iter().map(out).collect();
        Answer::created("/v1/jobs".to_owned(), &EnqueuedOut { jobs })
    })
    .await
}

const MOST_JOBS: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListJobs {
    #[param(value_type = Option<JobStatus>)]
    status: Option<values::JobStatus>,
    #[param(value_type = Option<JobMode>)]
    mode: Option<values::JobMode>,
    /// The id of a thread.
    #[param(value_type = Option<uuid::Uuid>)]
    thread: Option<ThreadId>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// One's own jobs, the newest first.
#[utoipa::path(
    get, path = "/v1/jobs", tag = "Jobs", params(ListJobs),
    responses((status = 200, description = "A page", body = ListOut<JobOut>)),
)]
pub async fn list_jobs(call: Call<ListJobs>) -> Result<HttpResponse, Problem> {
    let query = &call.query;
    let (after, limit) = page(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        status: query.status,
        mode: query.mode,
        thread: query.thread,
    };
    let page = Page { after, limit };
    let found = jobs::list(&call.ctx, &call.ctx.shared(), filter, page).await?;
    Ok(Answer::ok(&ListOut::new(found, |last| last.id, JobOut::from))?.into())
}

/// One job.
#[utoipa::path(
    get, path = "/v1/jobs/{id}", tag = "Jobs", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The job", body = JobOut),
        (status = 404, description = "`job_not_found`"),
    ),
)]
pub async fn get_job(call: Call, UrlPath(id): UrlPath<JobId>) -> Result<HttpResponse, Problem> {
    let job = jobs::find(&call.ctx, &call.ctx.shared(), id).await?;
    Ok(Answer::ok(&JobOut::from(job))?.into())
}

/// What has happened to a job, from its first event on.
#[utoipa::path(
    get, path = "/v1/jobs/{id}/events", tag = "Jobs", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "Its history", body = JobHistoryOut),
        (status = 404, description = "`job_not_found`"),
    ),
)]
pub async fn get_job_history(
    call: Call,
    UrlPath(id): UrlPath<JobId>,
) -> Result<HttpResponse, Problem> {
    let events = jobs::history(&call.ctx, &call.ctx.shared(), id).await?;
    let events = events.into_iter().map(JobEventOut::from).collect();
    Ok(Answer::ok(&JobHistoryOut { events })?.into())
}

/// Cancels a job: at once, or, while it runs, by a request that its worker hears.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/cancel", tag = "Jobs",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Canceled, or asked to end", body = JobOut),
        (status = 404, description = "`job_not_found`"),
        (status = 409, description = "`job_status`: it has ended"),
    ),
)]
pub async fn cancel_job(call: Call, UrlPath(id): UrlPath<JobId>) -> Result<HttpResponse, Problem> {
    idempotency::create(&call, [], async |ctx: &Ctx, tx: &Tx| {
        let job = jobs::cancel(ctx, tx, id).await?;
        Answer::ok(&JobOut::from(job))
    })
    .await
}

/// Cancels all jobs of a thread that have not ended.
#[utoipa::path(
    post, path = "/v1/threads/{id}/jobs/cancel", tag = "Jobs",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "What was canceled, or asked to end", body = CanceledOut),
        (status = 404, description = "`thread_not_found`"),
    ),
)]
pub async fn cancel_jobs_of_thread(
    call: Call,
    UrlPath(id): UrlPath<ThreadId>,
) -> Result<HttpResponse, Problem> {
    idempotency::create(&call, [], async |ctx: &Ctx, tx: &Tx| {
        let canceled = jobs::cancel_thread(ctx, tx, id).await?;
        let jobs = canceled.into_iter().map(JobOut::from).collect();
        Answer::ok(&CanceledOut { jobs })
    })
    .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedriveIn {
    /// How many more attempts the job gets.
    #[serde(default = "usual_attempts")]
    #[schema(default = 5, minimum = 1, maximum = 100)]
    #[serde(deserialize_with = "whole")]
    pub attempts: i64,
}

/// Gives a job that has failed more attempts.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/redrive", tag = "Jobs", request_body = RedriveIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Queued again", body = JobOut),
        (status = 404, description = "`job_not_found`"),
        (status = 409, description = "`job_status`: it has not failed"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn redrive_job(
    call: Call,
    UrlPath(id): UrlPath<JobId>,
    body: Body<RedriveIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    idempotency::create(&call, &bytes, async |ctx: &Ctx, tx: &Tx| {
        let job = jobs::redrive(ctx, tx, id, value.attempts).await?;
        Answer::ok(&JobOut::from(job))
    })
    .await
}
