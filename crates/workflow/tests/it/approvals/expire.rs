//! What is past its time.

use db::Tx;
use entity::values::{ApprovalStatus, JobStatus, OnRefusal};
use testkit::on_both_engines;
use workflow::{
    Error,
    approvals::NewApproval,
    jobs::{self, Completion},
};

use super::*;

on_both_engines! {
    async fn what_nobody_decides_expires_and_fails_the_job(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        assert_eq!(sweep(&ctx).await, 0);
        let later = later(&ctx, &db.database);
        assert_eq!((sweep(&later).await, sweep(&later).await), (1, 0));
        let expired = find(&ctx, asked.id).await;
        assert_eq!(expired.status, ApprovalStatus::Expired);
        assert!(expired.resolved_at.is_some());
        let failed = job(&ctx, lease.job).await;
        assert_eq!((failed.status, failed.approval_due_at), (JobStatus::Failed, None));
        assert!(failed.error.unwrap().contains("expired"));
        let refused = approve(&ctx, asked.id).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalExpired { .. }), "{refused}");
    }

    async fn a_job_may_go_on_when_nobody_decides(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        propose(&worker, &lease, NewApproval { on_refusal: OnRefusal::Resume, ..proposal() }).await;
        assert_eq!(sweep(&later(&ctx, &db.database)).await, 1);
        assert_eq!(job(&ctx, lease.job).await.status, JobStatus::Queued);
    }

    async fn what_is_past_its_time_is_not_decided_though_nobody_has_swept(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        let later = later(&ctx, &db.database);
        for refused in [approve(&later, asked.id).await, reject(&later, asked.id).await] {
            assert!(matches!(refused.unwrap_err(), Error::ApprovalExpired { .. }));
        }
        assert_eq!(find(&ctx, asked.id).await, asked);
    }

    async fn what_was_approved_is_not_done_past_its_time(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        approve(&ctx, asked.id).await.unwrap();
        let later = later(&ctx, &db.database);
        let second = claimed(&later).await;
        let refused = consume(&later, asked.id, &second, &asked.action_hash).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalExpired { .. }), "{refused}");
        assert_eq!(sweep(&later).await, 0, "what is decided does not expire");
        assert_eq!(find(&ctx, asked.id).await.status, ApprovalStatus::Approved);
    }

    async fn a_job_that_ended_asks_for_nothing_any_more(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, NewApproval { parks: false, ..proposal() }).await;
        let complete = async |tx: Tx| {
            let done = Completion { lease, result: None };
            jobs::complete(&ctx, &tx, None, done).await
        };
        ctx.database.write(complete).await.unwrap();
        assert_eq!((sweep(&ctx).await, sweep(&ctx).await), (1, 0));
        assert_eq!(find(&ctx, asked.id).await.status, ApprovalStatus::Canceled);
        assert_eq!(job(&ctx, lease.job).await.status, JobStatus::Done);
    }
}
