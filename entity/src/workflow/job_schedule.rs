//! Table `job_schedules`: jobs that come again and again.

use sea_orm::entity::prelude::*;

use crate::values::{JobMode, JobScheduleId, ThreadId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobScheduleId,
    pub owner_user_id: UserId,
    pub thread_id: ThreadId,
    /// Unique per owner.
    pub name: String,
    /// Minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// An IANA name, in whose local time `cron` is meant.
    pub timezone: String,
    pub mode: JobMode,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload_json: Json,
    pub priority: i64,
    pub max_attempts: i64,
    pub is_active: bool,
    pub next_run_at: DateTimeUtc,
    /// When a job was last made, by the schedule's time.
    pub last_run_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
