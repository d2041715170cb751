//! What workers say, and what they hear.

use chrono::{DateTime, Utc};
use entity::values::JobId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::whole;
use crate::routes::jobs::WorkMode;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimIn {
    /// Who claims; it is kept in the jobs' histories.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub worker: String,
    /// Default: all of them.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 4)]
    pub modes: Option<Vec<WorkMode>>,
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 500)]
    #[serde(deserialize_with = "whole")]
    pub limit: u64,
    /// For how long the jobs are the worker's, unless it extends that.
    #[serde(default = "usual_lease")]
    #[schema(default = 60, minimum = 1, maximum = 3600)]
    #[serde(deserialize_with = "whole")]
    pub lease_seconds: i64,
    /// How long to wait for something to be there.
    #[serde(default)]
    #[schema(default = 0, minimum = 0, maximum = 30)]
    #[serde(deserialize_with = "whole")]
    pub wait_seconds: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatIn {
    pub lease_token: Uuid,
    #[schema(minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub attempt: i64,
    #[serde(default = "usual_lease")]
    #[schema(default = 60, minimum = 1, maximum = 3600)]
    #[serde(deserialize_with = "whole")]
    pub lease_seconds: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeartbeatOut {
    pub lease_expires_at: DateTime<Utc>,
    /// Somebody asks for the job to be given up: say so by failing it.
    #[schema(required)]
    pub cancel_requested_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteIn {
    pub lease_token: Uuid,
    #[schema(minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub attempt: i64,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub result: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionsIn {
    #[schema(min_items = 1, max_items = 500)]
    pub jobs: Vec<CompletionIn>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionIn {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobId,
    pub lease_token: Uuid,
    #[schema(minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub attempt: i64,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub result: Option<Map<String, Value>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionsOut {
    /// In the order of the request.
    pub jobs: Vec<CompletionOut>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobId,
    pub is_done: bool,
    /// `lease_lost` or `job_not_found`, if it is not.
    #[schema(required)]
    pub code: Option<&'static str>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FailIn {
    pub lease_token: Uuid,
    #[schema(minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub attempt: i64,
    /// What happened, for the person who reads it.
    #[schema(max_length = 10_000, pattern = r"^[^\u0000]*$")]
    pub error: String,
    /// Whether another attempt may do better.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub retry: bool,
    /// Before the next attempt, instead of the usual pause.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 86_400)]
    #[serde(deserialize_with = "whole")]
    pub retry_after_seconds: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParkIn {
    pub lease_token: Uuid,
    #[schema(minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub attempt: i64,
}

fn one() -> u64 {
    1
}

fn usual_lease() -> i64 {
    60
}

fn yes() -> bool {
    true
}
