use actix_web::{HttpResponse, http::StatusCode};
use chrono::{DateTime, Utc};
use db::Tx;
use entity::values::{self, JobId, JobMode, ThreadId};
use identity::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use workflow::{
    Error,
    jobs::{self, NewJob},
    messages::{self, NewMessage, Posted, Work},
};

use super::MessageOut;
use crate::{
    answer::Answer,
    extract::{Body, Call, UrlPath, whole},
    idempotency,
    problem::Problem,
    schema,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageIn {
    #[schema(value_type = schema::MessageRole)]
    pub role: values::MessageRole,
    #[schema(max_length = 32768)]
    pub text: String,
    /// Who says it, in the platform's words, on one line.
    #[schema(min_length = 1, max_length = 255)]
    pub author: Option<String>,
    /// The platform's own id, on one line: the same one in a thread is the same message.
    #[schema(min_length = 1, max_length = 255)]
    pub platform_message_id: Option<String>,
    /// What came, to the byte.
    #[schema(max_length = 500_000)]
    pub raw_payload: Option<String>,
    /// The job that is to answer it.
    pub job: Option<MessageJobIn>,
    #[serde(default)]
    #[schema(default = "enqueue")]
    pub if_busy: IfBusy,
}

/// What a worker is to do about a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageJobIn {
    pub mode: MessageJobMode,
    /// Any JSON; left out, an empty object.
    #[schema(value_type = Value)]
    pub payload: Option<Value>,
    /// Larger first; left out, 5.
    #[schema(minimum = 0, maximum = 9)]
    #[serde(default, deserialize_with = "whole")]
    pub priority: Option<i64>,
    /// Left out, 5.
    #[schema(minimum = 1, maximum = 100)]
    #[serde(default, deserialize_with = "whole")]
    pub max_attempts: Option<i64>,
    /// Not before; left out, at once.
    pub run_at: Option<DateTime<Utc>>,
    /// The same one in the same thread is the same job; on one line.
    #[schema(min_length = 1, max_length = 255)]
    pub idempotency_key: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageJobMode {
    Classify,
    Plan,
    Execute,
    Answer,
}

/// What a message means for the jobs of its thread that have not ended: they come first (`enqueue`), there must be
/// none (`reject`), those that run are asked to end (`interrupt`), or all are canceled (`replace`).
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IfBusy {
    #[default]
    Enqueue,
    Reject,
    Interrupt,
    Replace,
}

/// A message, and what it brought about.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostedMessageOut {
    pub message: MessageOut,
    /// The job that is to answer it.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub job_id: Option<JobId>,
    /// Jobs that were canceled, or asked to end.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub canceled_job_ids: Vec<JobId>,
}

impl From<Posted> for PostedMessageOut {
    fn from(posted: Posted) -> Self {
        Self {
            message: posted.message.into(),
            job_id: posted.job.map(|job| job.id),
            canceled_job_ids: posted.canceled.into_iter().map(|job| job.id).collect(),
        }
    }
}

/// Appends a message to a thread, and enqueues the job that is to answer it: both or neither.
///
/// A platform's id that came before is answered with the first message and its job, and changes nothing.
#[utoipa::path(
    post, path = "/v1/threads/{id}/messages", tag = "Threads", request_body = MessageIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "It came before, and is there as it came first",
            body = PostedMessageOut),
        (status = 201, description = "Appended", body = PostedMessageOut,
            headers(("Location" = String))),
        (status = 404, description = "`thread_not_found`"),
        (status = 409, description = "`thread_busy`: there are jobs, and `if_busy` is `reject`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn post_message(
    call: Call,
    UrlPath(thread): UrlPath<ThreadId>,
    body: Body<MessageIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let (new, work) = read(value);
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let posted = messages::post(ctx, tx, thread, new.clone(), work.clone()).await;
        answer(posted.map_err(placed)?)
    })
    .await
}

fn read(message: MessageIn) -> (NewMessage, Work) {
    let new = NewMessage {
        platform_message_id: message.platform_message_id,
        role: message.role,
        author: message.author,
        text: message.text,
        raw_payload: message.raw_payload,
    };
    let work = Work {
        job: message.job.map(NewJob::from),
        if_busy: match message.if_busy {
            IfBusy::Enqueue => jobs::IfBusy::Enqueue,
            IfBusy::Reject => jobs::IfBusy::Reject,
            IfBusy::Interrupt => jobs::IfBusy::Interrupt,
            IfBusy::Replace => jobs::IfBusy::Replace,
        },
    };
    (new, work)
}

impl From<MessageJobIn> for NewJob {
    fn from(job: MessageJobIn) -> Self {
        let mode = match job.mode {
            MessageJobMode::Classify => JobMode::Classify,
            MessageJobMode::Plan => JobMode::Plan,
            MessageJobMode::Execute => JobMode::Execute,
            MessageJobMode::Answer => JobMode::Answer,
        };
        Self {
            priority: job.priority.unwrap_or(Self::PRIORITY),
            max_attempts: job.max_attempts.unwrap_or(Self::MAX_ATTEMPTS),
            run_at: job.run_at,
            idempotency_key: job.idempotency_key,
            ..Self::new(mode, job.payload.unwrap_or_else(|| json!({})))
        }
    }
}

/// What is wrong with the job is wrong within the message.
fn placed(error: Error) -> Problem {
    match error {
        Error::Invalid { field, detail }
            if ["/priority", "/max_attempts", "/idempotency_key"].contains(&field) =>
        {
            Problem::invalid(&format!("/job{field}"), detail)
        }
        error => error.into(),
    }
}

fn answer(posted: Posted) -> Result<Answer, Problem> {
    let was_there = posted.was_there;
    let location = format!("/v1/messages/{}", posted.message.id);
    let answer = Answer::created(location, &PostedMessageOut::from(posted))?;
    Ok(if was_there {
        answer.with_status(StatusCode::OK)
    } else {
        answer
    })
}
