use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// Workers and sweeps look for work across users, before it is known whose it is: so these tables have an
/// `owner_user_id`.
///
/// A row of `job_queues` is what a change to its thread locks; daily work never writes it, so that an old
/// snapshot somewhere leaves no dead versions of it behind. The two logs name their job or thread without a
/// foreign key, which would cost a locked row for each line; one function writes them, in the transaction of
/// what they tell.
const UP: Script = Script {
    both: &[
        "CREATE TABLE job_queues (
            thread_id {uuid} PRIMARY KEY,
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            max_running {int} NOT NULL DEFAULT 1 CHECK (max_running BETWEEN 1 AND 100),
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL
        ) {strict}",
        "CREATE INDEX job_queues_owner_idx ON job_queues (owner_user_id, thread_id)",
        "CREATE TABLE job_schedules (
            id {uuid} PRIMARY KEY,
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            thread_id {uuid} NOT NULL REFERENCES job_queues (thread_id),
            name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
            cron text NOT NULL CHECK (length(cron) BETWEEN 1 AND 200),
            timezone text NOT NULL CHECK (length(timezone) BETWEEN 1 AND 64),
            mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer')),
            payload_json {json} NOT NULL,
            priority {int} NOT NULL CHECK (priority BETWEEN 0 AND 9),
            max_attempts {int} NOT NULL CHECK (max_attempts BETWEEN 1 AND 100),
            is_active {bool} NOT NULL,
            next_run_at {instant} NOT NULL,
            last_run_at {instant},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CONSTRAINT job_schedules_name_key UNIQUE (owner_user_id, name)
        ) {strict}",
        "CREATE INDEX job_schedules_thread_idx ON job_schedules (thread_id)",
        "CREATE INDEX job_schedules_due_idx ON job_schedules (next_run_at) WHERE is_active",
        "CREATE TABLE jobs (
            id {uuid} PRIMARY KEY,
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            thread_id {uuid} NOT NULL REFERENCES job_queues (thread_id),
            trigger_message_id {uuid},
            mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer', 'deliver')),
            status text NOT NULL CHECK (status IN ('queued', 'running', 'awaiting_approval', 'done',
                'failed', 'canceled')),
            is_next {bool} NOT NULL,
            payload_json {json} NOT NULL,
            result_json {json},
            error text,
            priority {int} NOT NULL CHECK (priority BETWEEN 0 AND 9),
            run_at {instant} NOT NULL,
            attempt {int} NOT NULL CHECK (attempt >= 0),
            max_attempts {int} NOT NULL CHECK (max_attempts >= 1),
            lease_token {uuid},
            lease_expires_at {instant},
            worker text CHECK (worker IS NULL OR length(worker) BETWEEN 1 AND 200),
            idempotency_key text CHECK (
                idempotency_key IS NULL OR length(idempotency_key) BETWEEN 1 AND 255),
            schedule_id {uuid} REFERENCES job_schedules (id) ON DELETE SET NULL,
            started_at {instant},
            finished_at {instant},
            cancel_requested_at {instant},
            approval_due_at {instant},
            event_seq {int} NOT NULL CHECK (event_seq >= 0),
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CHECK (attempt <= max_attempts),
            CHECK ((status = 'running') = (lease_token IS NOT NULL)),
            CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
            CHECK (status NOT IN ('done', 'failed', 'canceled') OR finished_at IS NOT NULL),
            CHECK (status = 'queued' OR NOT is_next)
        ) {strict}",
        "CREATE INDEX jobs_next_idx ON jobs (priority DESC, run_at, id)
            WHERE status = 'queued' AND is_next",
        "CREATE INDEX jobs_owner_next_idx ON jobs (owner_user_id, priority DESC, run_at, id)
            WHERE status = 'queued' AND is_next",
        "CREATE INDEX jobs_queued_idx ON jobs (thread_id, priority DESC, run_at, id)
            WHERE status = 'queued'",
        "CREATE INDEX jobs_running_idx ON jobs (thread_id) WHERE status = 'running'",
        "CREATE INDEX jobs_lease_idx ON jobs (lease_expires_at) WHERE status = 'running'",
        "CREATE INDEX jobs_approval_idx ON jobs (approval_due_at) WHERE approval_due_at IS NOT NULL",
        "CREATE INDEX jobs_owner_idx ON jobs (owner_user_id, id)",
        "CREATE INDEX jobs_thread_idx ON jobs (thread_id, id)",
        "CREATE INDEX jobs_schedule_idx ON jobs (schedule_id) WHERE schedule_id IS NOT NULL",
        "CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (thread_id, idempotency_key)
            WHERE idempotency_key IS NOT NULL",
        "CREATE TABLE job_events (
            job_id {uuid} NOT NULL,
            seq {int} NOT NULL CHECK (seq >= 1),
            at {instant} NOT NULL,
            kind text NOT NULL CHECK (kind IN ('enqueued', 'claimed', 'completed', 'retried',
                'failed', 'lease_expired', 'exhausted', 'cancel_requested', 'canceled', 'parked',
                'resumed', 'refused', 'redriven')),
            details {json} NOT NULL,
            PRIMARY KEY (job_id, seq)
        ) {strict}",
        "CREATE TABLE stream_events (
            thread_id {uuid} NOT NULL,
            seq {int} NOT NULL CHECK (seq >= 1),
            owner_user_id {uuid} NOT NULL,
            at {instant} NOT NULL,
            kind text NOT NULL CHECK (kind IN ('message', 'job', 'approval', 'artifact')),
            data_json {json} NOT NULL,
            PRIMARY KEY (thread_id, seq)
        ) {strict}",
        "CREATE TABLE paused_job_modes (
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer', 'deliver')),
            created_at {instant} NOT NULL,
            PRIMARY KEY (owner_user_id, mode)
        ) {strict}",
    ],
    shared_tables: &[
        "job_queues",
        "job_schedules",
        "jobs",
        "job_events",
        "stream_events",
        "paused_job_modes",
    ],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE paused_job_modes",
        "DROP TABLE stream_events",
        "DROP TABLE job_events",
        "DROP TABLE jobs",
        "DROP TABLE job_schedules",
        "DROP TABLE job_queues",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000016_jobs"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        UP.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DOWN.run(manager).await
    }
}
