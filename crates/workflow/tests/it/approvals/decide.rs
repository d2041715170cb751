//! From a proposal to its outcome, and what that means for the job.

use chrono::TimeDelta;
use db::Tx;
use entity::values::{ApprovalStatus, JobStatus, OnRefusal, VoteKind};
use testkit::on_both_engines;
use workflow::{
    Error,
    approvals::{self, NewApproval, NewVote},
    jobs::{self, IfBusy},
};

use super::*;

on_both_engines! {
    async fn a_job_waits_without_a_lease_and_goes_on_once_its_action_is_approved(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        assert_eq!(asked.status, ApprovalStatus::Pending);
        let waiting = job(&ctx, lease.job).await;
        assert_eq!(waiting.status, JobStatus::AwaitingApproval);
        assert_eq!((waiting.lease_token, waiting.approval_due_at), (None, Some(asked.expires_at)));
        assert!(claim(&ctx, JobMode::Execute).await.is_empty(), "a job that waits is given to nobody");

        let approved = approve(&ctx, asked.id).await.unwrap();
        assert_eq!(approved.status, ApprovalStatus::Approved);
        assert!(approved.resolved_at.is_some());
        let again = job(&ctx, lease.job).await;
        assert_eq!((again.status, again.approval_due_at), (JobStatus::Queued, None));
        let second = claimed(&ctx).await;
        assert_eq!((second.job, second.attempt), (lease.job, lease.attempt + 1));
        assert_eq!(find(&ctx, asked.id).await, approved);
    }

    async fn who_rejects_decides_and_says_why(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        for reason in [None, Some(String::new()), Some("x".repeat(2_001)), Some("a\0b".to_owned())] {
            let new = NewVote { vote: VoteKind::Reject, reason };
            let work = async |tx: Tx| approvals::vote(&ctx, &tx, asked.id, new.clone()).await;
            let refused = ctx.database.write(work).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: "/reason", .. }), "{refused}");
        }
        assert_eq!(reject(&ctx, asked.id).await.unwrap().status, ApprovalStatus::Rejected);
        let failed = job(&ctx, lease.job).await;
        assert_eq!(failed.status, JobStatus::Failed);
        assert!(failed.error.unwrap().contains("not today"));
        let refused = approve(&ctx, asked.id).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalResolved { status: ApprovalStatus::Rejected, .. }));
    }

    async fn a_job_may_go_on_without_its_action(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let new = NewApproval { on_refusal: OnRefusal::Resume, ..proposal() };
        let asked = propose(&worker, &lease, new).await;
        reject(&ctx, asked.id).await.unwrap();
        assert_eq!(job(&ctx, lease.job).await.status, JobStatus::Queued);
    }

    async fn a_job_waits_for_all_that_it_has_asked(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let first = propose(&worker, &lease, NewApproval { parks: false, ..proposal() }).await;
        let sooner = NewApproval { expires_in: TimeDelta::minutes(1), ..proposal() };
        let second = propose(&worker, &lease, sooner).await;
        assert_eq!(job(&ctx, lease.job).await.approval_due_at, Some(second.expires_at));
        approve(&ctx, second.id).await.unwrap();
        let waiting = job(&ctx, lease.job).await;
        assert_eq!(waiting.status, JobStatus::AwaitingApproval);
        assert_eq!(waiting.approval_due_at, Some(first.expires_at));
        approve(&ctx, first.id).await.unwrap();
        assert_eq!(job(&ctx, lease.job).await.status, JobStatus::Queued);
    }

    async fn one_refusal_cancels_what_else_the_job_has_asked(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let first = propose(&worker, &lease, NewApproval { parks: false, ..proposal() }).await;
        let second = propose(&worker, &lease, proposal()).await;
        reject(&ctx, second.id).await.unwrap();
        assert_eq!(find(&ctx, first.id).await.status, ApprovalStatus::Canceled);
        let failed = job(&ctx, lease.job).await;
        assert_eq!((failed.status, failed.approval_due_at), (JobStatus::Failed, None));
    }

    async fn what_is_taken_back_fails_the_job(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        let cancel = async |tx: Tx| approvals::cancel(&ctx, &tx, asked.id).await;
        assert_eq!(ctx.database.write(cancel).await.unwrap().status, ApprovalStatus::Canceled);
        let failed = job(&ctx, lease.job).await;
        assert_eq!(failed.status, JobStatus::Failed);
        assert!(failed.error.unwrap().contains("canceled"));
        let refused = ctx.database.write(cancel).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalResolved { status: ApprovalStatus::Canceled, .. }));
    }

    async fn a_canceled_job_asks_for_nothing_any_more(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let mut asked = Vec::new();
        for (chat, parks) in [("waits", true), ("runs", false)] {
            let lease = running(&ctx, chat).await;
            asked.push(propose(&worker, &lease, NewApproval { parks, ..proposal() }).await);
        }
        for approval in asked {
            let cancel = async |tx: Tx| jobs::cancel(&ctx, &tx, approval.job_id).await;
            assert_eq!(ctx.database.write(cancel).await.unwrap().approval_due_at, None);
            assert_eq!(find(&ctx, approval.id).await.status, ApprovalStatus::Canceled);
        }
    }

    async fn what_takes_a_jobs_place_supersedes_what_it_has_asked(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        let replace = async |tx: Tx| {
            jobs::make_way(&ctx, &tx, asked.thread_id, IfBusy::Replace).await
        };
        assert_eq!(ctx.database.write(replace).await.unwrap().len(), 1);
        assert_eq!(find(&ctx, asked.id).await.status, ApprovalStatus::Superseded);
        assert_eq!(job(&ctx, lease.job).await.status, JobStatus::Canceled);
    }

    async fn what_cannot_be_proposed_is_refused(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        for (field, new) in [
            ("/proposal_text", NewApproval { proposal_text: String::new(), ..proposal() }),
            ("/proposal_text", NewApproval { proposal_text: "x".repeat(4_001), ..proposal() }),
            ("/action", NewApproval { action: json!([]), ..proposal() }),
            ("/expires_in_seconds", NewApproval { expires_in: TimeDelta::zero(), ..proposal() }),
            ("/expires_in_seconds", NewApproval { expires_in: TimeDelta::days(31), ..proposal() }),
            ("/quorum", NewApproval { quorum: 0, ..proposal() }),
            ("/quorum", NewApproval { quorum: 2, ..proposal() }),
            ("/approvers", NewApproval { approvers: vec!["no@body".to_owned()], ..proposal() }),
            ("/allows_self_vote", NewApproval { allows_self_vote: true, ..proposal() }),
        ] {
            let refused = try_propose(&worker, &lease, new).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: found, .. } if found == field), "{refused}");
        }
        let stale = Lease { attempt: lease.attempt + 1, ..lease };
        let refused = try_propose(&worker, &stale, proposal()).await.unwrap_err();
        assert!(matches!(refused, Error::LeaseLost { id } if id == lease.job));
        assert_eq!(job(&ctx, lease.job).await.status, JobStatus::Running);
        let other = person(&ctx, &db.database, BOB).await;
        let refused = try_propose(&other, &lease, proposal()).await.unwrap_err();
        assert!(matches!(refused, Error::JobNotFound { id } if id == lease.job));
    }
}
