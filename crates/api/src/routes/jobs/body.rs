//! Jobs as they are asked for.

use chrono::{DateTime, Utc};
use entity::values::{self, JobMode, ThreadId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use workflow::jobs::NewJob;

use crate::extract::whole;

/// Jobs that are to be done: up to 500, all or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobsIn {
    #[schema(min_items = 1, max_items = 500)]
    pub jobs: Vec<JobIn>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobIn {
    #[schema(value_type = uuid::Uuid)]
    pub thread_id: ThreadId,
    pub mode: WorkMode,
    /// What the worker needs to know.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub payload: Map<String, Value>,
    /// Larger first.
    #[serde(default = "usual_priority")]
    #[schema(default = 5, minimum = 0, maximum = 9)]
    #[serde(deserialize_with = "whole")]
    pub priority: i64,
    /// Not before; at once if there is none.
    #[serde(default)]
    pub run_at: Option<DateTime<Utc>>,
    #[serde(default = "usual_attempts")]
    #[schema(default = 5, minimum = 1, maximum = 100)]
    #[serde(deserialize_with = "whole")]
    pub max_attempts: i64,
    /// The same one in the same thread is the same job.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub idempotency_key: Option<String>,
}

pub fn usual_priority() -> i64 {
    NewJob::PRIORITY
}

pub fn usual_attempts() -> i64 {
    NewJob::MAX_ATTEMPTS
}

/// The modes of work that can be asked for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkMode {
    Classify,
    Plan,
    Execute,
    Answer,
}

impl From<WorkMode> for JobMode {
    fn from(mode: WorkMode) -> Self {
        match mode {
            WorkMode::Classify => Self::Classify,
            WorkMode::Plan => Self::Plan,
            WorkMode::Execute => Self::Execute,
            WorkMode::Answer => Self::Answer,
        }
    }
}

impl JobIn {
    pub fn into_new(self) -> (values::ThreadId, NewJob) {
        let new = NewJob {
            priority: self.priority,
            run_at: self.run_at,
            max_attempts: self.max_attempts,
            idempotency_key: self.idempotency_key,
            ..NewJob::new(self.mode.into(), Value::Object(self.payload))
        };
        (self.thread_id, new)
    }
}
