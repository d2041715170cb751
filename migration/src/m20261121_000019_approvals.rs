use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// An approval names its job without a foreign key: it is a record of what people decided, and outlives the
/// job. Who is asked besides the owner, and which endpoints are told, is looked up before there is a scope, or
/// across users: those two tables have an `owner_user_id`.
const UP: Script = Script {
    both: &[
        "CREATE TABLE approvals (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            thread_id {uuid} NOT NULL,
            job_id {uuid} NOT NULL,
            proposal_text text NOT NULL CHECK (length(proposal_text) BETWEEN 1 AND 4000),
            action {json} NOT NULL,
            action_hash text NOT NULL CHECK (length(action_hash) = 71),
            status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'superseded',
                'expired', 'canceled', 'consumed')),
            on_refusal text NOT NULL CHECK (on_refusal IN ('fail', 'resume')),
            requested_by {uuid} NOT NULL,
            requested_by_kind text NOT NULL CHECK (requested_by_kind IN ('user', 'token', 'producer',
                'operator', 'system', 'anonymous')),
            allows_self_vote {bool} NOT NULL,
            quorum {int} NOT NULL CHECK (quorum BETWEEN 1 AND 21),
            expires_at {instant} NOT NULL,
            resolved_at {instant},
            consumed_at {instant},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CHECK ((status = 'pending') = (resolved_at IS NULL)),
            CHECK ((status = 'consumed') = (consumed_at IS NOT NULL)),
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, thread_id) REFERENCES threads (user_id, id) ON DELETE CASCADE
        ) {strict}",
        "CREATE INDEX approvals_thread_idx ON approvals (user_id, thread_id, id)",
        "CREATE INDEX approvals_job_idx ON approvals (user_id, job_id, id)",
        "CREATE INDEX approvals_status_idx ON approvals (user_id, status, id)",
        "CREATE TABLE approval_votes (
            user_id {uuid} NOT NULL,
            approval_id {uuid} NOT NULL,
            voter_user_id {uuid} NOT NULL,
            voter_kind text NOT NULL CHECK (voter_kind IN ('user', 'token')),
            vote text NOT NULL CHECK (vote IN ('approve', 'reject')),
            reason text CHECK (reason IS NULL OR length(reason) BETWEEN 1 AND 2000),
            at {instant} NOT NULL,
            CHECK (vote = 'approve' OR reason IS NOT NULL),
            PRIMARY KEY (user_id, approval_id, voter_user_id),
            FOREIGN KEY (user_id, approval_id) REFERENCES approvals (user_id, id) ON DELETE CASCADE
        ) {strict}",
        "CREATE TABLE approval_approvers (
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            approval_id {uuid} NOT NULL,
            approver_user_id {uuid} NOT NULL REFERENCES users (id),
            created_at {instant} NOT NULL,
            PRIMARY KEY (owner_user_id, approval_id, approver_user_id)
        ) {strict}",
        "CREATE INDEX approval_approvers_approver_idx
            ON approval_approvers (approver_user_id, approval_id)",
        "CREATE TABLE webhook_endpoints (
            name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            events {json} NOT NULL,
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL
        ) {strict}",
        "CREATE INDEX webhook_endpoints_owner_idx ON webhook_endpoints (owner_user_id)",
    ],
    shared_tables: &["approval_approvers", "webhook_endpoints"],
    tenant_tables: &["approvals", "approval_votes"],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE webhook_endpoints",
        "DROP TABLE approval_approvers",
        "DROP TABLE approval_votes",
        "DROP TABLE approvals",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000019_approvals"
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
