//! `/v1/job-modes`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use db::Tx;
use entity::values;
use identity::Ctx;
use serde::Serialize;
use utoipa::ToSchema;
use workflow::jobs;

use super::readable;
use crate::{
    answer::Answer,
    extract::{Call, UrlPath},
    idempotency,
    problem::Problem,
    schema::JobMode,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/job-modes", list_paused_modes))
        .service(web::resource("/v1/job-modes/{mode}/pause").post(pause_mode))
        .service(web::resource("/v1/job-modes/{mode}/resume").post(resume_mode));
}

/// Modes whose jobs are kept from being claimed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PausedModesOut {
    #[schema(value_type = Vec<JobMode>)]
    pub paused: Vec<values::JobMode>,
}

/// Which modes of one's own jobs are paused.
#[utoipa::path(
    get, path = "/v1/job-modes", tag = "Jobs",
    responses((status = 200, description = "The paused ones", body = PausedModesOut)),
)]
pub async fn list_paused_modes(call: Call) -> Result<HttpResponse, Problem> {
    let rows = jobs::modes::paused(&call.ctx, &call.ctx.shared()).await?;
    let paused = rows.into_iter().map(|row| row.mode).collect();
    Ok(Answer::ok(&PausedModesOut { paused })?.into())
}

/// Keeps one's own jobs of a mode from being claimed; those that run go on, and what stands behind a job of the
/// mode in its thread waits with it.
#[utoipa::path(
    post, path = "/v1/job-modes/{mode}/pause", tag = "Jobs",
    params(("mode" = JobMode, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "Paused", body = PausedModesOut)),
)]
pub async fn pause_mode(
    call: Call,
    UrlPath(mode): UrlPath<values::JobMode>,
) -> Result<HttpResponse, Problem> {
    change_mode(&call, async |ctx: &Ctx, tx: &Tx| {
        jobs::modes::pause(ctx, tx, mode).await
    })
    .await
}

/// Lets one's own jobs of a mode be claimed again.
#[utoipa::path(
    post, path = "/v1/job-modes/{mode}/resume", tag = "Jobs",
    params(("mode" = JobMode, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "Resumed", body = PausedModesOut)),
)]
pub async fn resume_mode(
    call: Call,
    UrlPath(mode): UrlPath<values::JobMode>,
) -> Result<HttpResponse, Problem> {
    change_mode(&call, async |ctx: &Ctx, tx: &Tx| {
        jobs::modes::unpause(ctx, tx, mode).await
    })
    .await
}

async fn change_mode(
    call: &Call,
    work: impl AsyncFn(&Ctx, &Tx) -> Result<(), workflow::Error>,
) -> Result<HttpResponse, Problem> {
    idempotency::create(call, [], async |ctx: &Ctx, tx: &Tx| {
        work(ctx, tx).await?;
        let rows = jobs::modes::paused(ctx, tx).await?;
        let paused = rows.into_iter().map(|row| row.mode).collect();
        Answer::ok(&PausedModesOut { paused })
    })
    .await
}
