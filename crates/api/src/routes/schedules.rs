//! `/v1/schedules`

use actix_web::{HttpResponse, web::ServiceConfig};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    values::{self, JobScheduleId, ThreadId},
    workflow::job_schedule,
};
use identity::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use workflow::jobs::schedules::{self, NewSchedule};

use super::{
    jobs::{WorkMode, usual_attempts, usual_priority},
    readable,
};
use crate::{
    answer::Answer,
    change::change,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath, whole},
    idempotency,
    problem::Problem,
    schema::JobMode,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/schedules", list_schedules).post(create_schedule))
        .service(
            readable("/v1/schedules/{id}", get_schedule)
                .patch(update_schedule)
                .delete(delete_schedule),
        );
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleIn {
    #[schema(value_type = uuid::Uuid)]
    pub thread_id: ThreadId,
    /// Unique among one's own.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub name: String,
    /// Minute, hour, day of the month, month, day of the week.
    #[schema(
        example = "30 16 * * 1-5",
        min_length = 9,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub cron: String,
    /// An IANA name, in whose local time `cron` is meant.
    #[serde(default = "utc")]
    #[schema(
        default = "UTC",
        example = "America/New_York",
        max_length = 64,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub timezone: String,
    pub mode: WorkMode,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub payload: Map<String, Value>,
    #[serde(default = "usual_priority")]
    #[schema(default = 5, minimum = 0, maximum = 9)]
    #[serde(deserialize_with = "whole")]
    pub priority: i64,
    #[serde(default = "usual_attempts")]
    #[schema(default = 5, minimum = 1, maximum = 100)]
    #[serde(deserialize_with = "whole")]
    pub max_attempts: i64,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Jobs that come again and again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobScheduleId,
    #[schema(value_type = uuid::Uuid)]
    pub thread_id: ThreadId,
    pub name: String,
    pub cron: String,
    pub timezone: String,
    #[schema(value_type = JobMode)]
    pub mode: values::JobMode,
    #[schema(value_type = Object)]
    pub payload: Value,
    pub priority: i64,
    pub max_attempts: i64,
    pub is_active: bool,
    pub next_run_at: DateTime<Utc>,
    #[schema(required)]
    pub last_run_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<job_schedule::Model> for ScheduleOut {
    fn from(row: job_schedule::Model) -> Self {
        Self {
            id: row.id,
            thread_id: row.thread_id,
            name: row.name,
            cron: row.cron,
            timezone: row.timezone,
            mode: row.mode,
            payload: row.payload_json,
            priority: row.priority,
            max_attempts: row.max_attempts,
            is_active: row.is_active,
            next_run_at: row.next_run_at,
            last_run_at: row.last_run_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Makes a schedule; its first job comes at the next time of its pattern.
#[utoipa::path(
    post, path = "/v1/schedules", tag = "Jobs", request_body = ScheduleIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Made", body = ScheduleOut, headers(("Location" = String))),
        (status = 404, description = "`thread_not_found`"),
        (status = 409, description = "`schedule_exists`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn create_schedule(call: Call, body: Body<ScheduleIn>) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = NewSchedule {
        thread: value.thread_id,
        name: value.name,
        cron: value.cron,
        timezone: value.timezone,
        mode: value.mode.into(),
        payload: Value::Object(value.payload),
        priority: value.priority,
        max_attempts: value.max_attempts,
    };
    idempotency::create(&call, &bytes, async |ctx: &Ctx, tx: &Tx| {
        let schedule = schedules::create(ctx, tx, new.clone()).await?;
        let location = format!("/v1/schedules/{}", schedule.id);
        Answer::created(location, &ScheduleOut::from(schedule))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSchedules {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// One's own schedules, the newest first.
#[utoipa::path(
    get, path = "/v1/schedules", tag = "Jobs", params(ListSchedules),
    responses((status = 200, description = "A page", body = ListOut<ScheduleOut>)),
)]
pub async fn list_schedules(call: Call<ListSchedules>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = schedules::list(&call.ctx, &call.ctx.shared(), page).await?;
    Ok(Answer::ok(&ListOut::new(found, |last| last.id, ScheduleOut::from))?.into())
}

/// One schedule.
#[utoipa::path(
    get, path = "/v1/schedules/{id}", tag = "Jobs", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The schedule", body = ScheduleOut),
        (status = 404, description = "`schedule_not_found`"),
    ),
)]
pub async fn get_schedule(
    call: Call,
    UrlPath(id): UrlPath<JobScheduleId>,
) -> Result<HttpResponse, Problem> {
    let schedule = schedules::find(&call.ctx, &call.ctx.shared(), id).await?;
    Ok(Answer::ok(&ScheduleOut::from(schedule))?.into())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchedulePatch {
    /// Whether it makes jobs; one that is active again goes on with the next time that is still to come.
    pub is_active: bool,
}

/// Stops a schedule, or lets it go on.
#[utoipa::path(
    patch, path = "/v1/schedules/{id}", tag = "Jobs", request_body = SchedulePatch,
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "As it is now", body = ScheduleOut),
        (status = 404, description = "`schedule_not_found`"),
    ),
)]
pub async fn update_schedule(
    call: Call,
    UrlPath(id): UrlPath<JobScheduleId>,
    body: Body<SchedulePatch>,
) -> Result<HttpResponse, Problem> {
    let is_active = body.value.is_active;
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let schedule = schedules::set_active(ctx, tx, id, is_active).await?;
        Ok(Answer::ok(&ScheduleOut::from(schedule))?.noting("is_active", is_active))
    })
    .await
}

/// Deletes a schedule; its jobs stay.
#[utoipa::path(
    delete, path = "/v1/schedules/{id}", tag = "Jobs", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`schedule_not_found`"),
    ),
)]
pub async fn delete_schedule(
    call: Call,
    UrlPath(id): UrlPath<JobScheduleId>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        schedules::delete(ctx, tx, id).await?;
        Ok(Answer::no_content())
    })
    .await
}
