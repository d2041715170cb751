//! Table `jobs`: work that is to be done once, and how far it has come.

use sea_orm::entity::prelude::*;

use crate::values::{JobId, JobMode, JobScheduleId, JobStatus, MessageId, ThreadId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Whose it is; workers look for jobs before they know whose.
    pub owner_user_id: UserId,
    pub thread_id: ThreadId,
    /// The message that asked for it.
    pub trigger_message_id: Option<MessageId>,
    pub mode: JobMode,
    pub status: JobStatus,
    /// Whether it is among the first of its thread's queue, which are as many as may start now.
    pub is_next: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload_json: Json,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result_json: Option<Json>,
    /// What the last attempt failed of.
    pub error: Option<String>,
    /// 0 to 9, larger first.
    pub priority: i64,
    /// Not before.
    pub run_at: DateTimeUtc,
    /// How often it was begun.
    pub attempt: i64,
    pub max_attempts: i64,
    /// Names the claim that it runs under; null unless it runs.
    pub lease_token: Option<Uuid>,
    pub lease_expires_at: Option<DateTimeUtc>,
    /// Who ran it last, in the worker's own words.
    pub worker: Option<String>,
    /// Unique in its thread.
    pub idempotency_key: Option<String>,
    pub schedule_id: Option<JobScheduleId>,
    /// Of the first attempt.
    pub started_at: Option<DateTimeUtc>,
    /// Of the last end; a job that was driven again keeps it until it ends anew.
    pub finished_at: Option<DateTimeUtc>,
    pub cancel_requested_at: Option<DateTimeUtc>,
    /// The soonest end of its pending approvals.
    pub approval_due_at: Option<DateTimeUtc>,
    /// The number of its last event.
    pub event_seq: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
