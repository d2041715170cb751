//! Jobs as they are told.

use chrono::{DateTime, Utc};
use entity::{
    values::{self, JobId, JobScheduleId, MessageId, ThreadId},
    workflow::{job, job_event},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schema::{JobEventKind, JobMode, JobStatus};

/// Work that a thread asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobId,
    #[schema(value_type = uuid::Uuid)]
    pub thread_id: ThreadId,
    /// The message that asked for it.
    #[schema(required, value_type = Option<uuid::Uuid>)]
    pub trigger_message_id: Option<MessageId>,
    #[schema(required, value_type = Option<uuid::Uuid>)]
    pub schedule_id: Option<JobScheduleId>,
    #[schema(value_type = JobMode)]
    pub mode: values::JobMode,
    #[schema(value_type = JobStatus)]
    pub status: values::JobStatus,
    #[schema(value_type = Object)]
    pub payload: Value,
    #[schema(required, value_type = Option<Object>)]
    pub result: Option<Value>,
    /// What the last attempt failed of.
    #[schema(required)]
    pub error: Option<String>,
    /// 0 to 9, larger first.
    pub priority: i64,
    /// Not before.
    pub run_at: DateTime<Utc>,
    /// How often it was begun.
    pub attempt: i64,
    pub max_attempts: i64,
    /// Who ran it last.
    #[schema(required)]
    pub worker: Option<String>,
    #[schema(required)]
    pub idempotency_key: Option<String>,
    #[schema(required)]
    pub lease_expires_at: Option<DateTime<Utc>>,
    /// Of the first attempt.
    #[schema(required)]
    pub started_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub finished_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<job::Model> for JobOut {
    fn from(row: job::Model) -> Self {
        Self {
            id: row.id,
            thread_id: row.thread_id,
            trigger_message_id: row.trigger_message_id,
            schedule_id: row.schedule_id,
            mode: row.mode,
            status: row.status,
            payload: row.payload_json,
            result: row.result_json,
            error: row.error,
            priority: row.priority,
            run_at: row.run_at,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            worker: row.worker,
            idempotency_key: row.idempotency_key,
            lease_expires_at: row.lease_expires_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            cancel_requested_at: row.cancel_requested_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What became of jobs that were asked for, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnqueuedOut {
    pub jobs: Vec<EnqueuedJobOut>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EnqueuedJobOut {
    #[serde(flatten)]
    pub job: JobOut,
    /// Whether it was there already, by its idempotency key.
    pub was_there: bool,
}

/// A job that a worker has leased. What it says of it later shows `lease_token` and `attempt`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimedJobOut {
    #[serde(flatten)]
    pub job: JobOut,
    #[schema(required)]
    pub lease_token: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimedOut {
    pub jobs: Vec<ClaimedJobOut>,
}

impl From<Vec<job::Model>> for ClaimedOut {
    fn from(rows: Vec<job::Model>) -> Self {
        let claimed = |row: job::Model| ClaimedJobOut {
            lease_token: row.lease_token,
            job: row.into(),
        };
        Self {
            jobs: rows.into_iter().map(claimed).collect(),
        }
    }
}

/// What happened to a job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobEventOut {
    /// From 1, without holes.
    pub seq: i64,
    pub at: DateTime<Utc>,
    #[schema(value_type = JobEventKind)]
    pub kind: values::JobEventKind,
    #[schema(value_type = Object)]
    pub details: Value,
}

impl From<job_event::Model> for JobEventOut {
    fn from(row: job_event::Model) -> Self {
        Self {
            seq: row.seq,
            at: row.at,
            kind: row.kind,
            details: row.details,
        }
    }
}

/// A job's history, the oldest event first.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobHistoryOut {
    pub events: Vec<JobEventOut>,
}

/// Jobs that were canceled, or asked to end.
#[derive(Debug, Serialize, ToSchema)]
pub struct CanceledOut {
    pub jobs: Vec<JobOut>,
}
