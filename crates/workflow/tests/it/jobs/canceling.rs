use entity::values::{JobEventKind, JobStatus};
use serde_json::json;
use testkit::on_both_engines;
use workflow::{
    Error,
    jobs::{self, IfBusy, Lease},
};

use super::{
    claimed, completed, enqueued, events, expired, failed, found, job, later, park_for_approval,
    thread,
};

on_both_engines! {
    async fn what_is_queued_is_canceled_at_once_and_the_next_one_runs(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let (first, second) = (enqueued(&ctx, thread, job()).await, enqueued(&ctx, thread, job()).await);
        let cancel = async |tx: db::Tx| jobs::cancel(&ctx, &tx, first.id).await;
        let canceled = ctx.database.write(cancel).await.unwrap();
        assert_eq!(canceled.status, JobStatus::Canceled);
        assert!(canceled.finished_at.is_some() && canceled.cancel_requested_at.is_some());
        assert_eq!(claimed(&ctx, 10).await[0].id, second.id);
        let again = ctx.database.write(cancel).await.unwrap_err();
        assert!(matches!(again, Error::NotAllowed { .. }));
    }

    async fn what_runs_is_asked_and_its_worker_hears_of_it(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let new = enqueued(&ctx, thread, job()).await;
        let got = claimed(&ctx, 10).await.remove(0);
        let cancel = async |tx: db::Tx| jobs::cancel(&ctx, &tx, new.id).await;
        let asked = ctx.database.write(cancel).await.unwrap();
        assert_eq!(asked.status, JobStatus::Running);
        assert_eq!(ctx.database.write(cancel).await.unwrap(), asked);
        let lease = Lease::of(&got).unwrap();
        let beat = jobs::heartbeat(&ctx, &ctx.database, None, &lease, chrono::TimeDelta::seconds(60));
        assert_eq!(beat.await.unwrap().cancel_requested_at, asked.cancel_requested_at);
        assert!(claimed(&ctx, 10).await.is_empty());
        let ended = failed(&ctx, &got, true).await.unwrap();
        assert_eq!(ended.status, JobStatus::Canceled);
        assert_eq!(ended.cancel_requested_at, asked.cancel_requested_at);
        assert_eq!(events(&ctx, new.id).await[2..], [JobEventKind::CancelRequested, JobEventKind::Canceled]);
    }

    async fn what_was_done_before_the_worker_heard_is_done(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let new = enqueued(&ctx, thread, job()).await;
        let got = claimed(&ctx, 10).await.remove(0);
        let cancel = async |tx: db::Tx| jobs::cancel(&ctx, &tx, new.id).await;
        ctx.database.write(cancel).await.unwrap();
        assert_eq!(completed(&ctx, &got).await.unwrap().status, JobStatus::Done);
    }

    async fn a_lost_worker_is_not_waited_for(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let new = enqueued(&ctx, thread, job()).await;
        claimed(&ctx, 10).await;
        let cancel = async |tx: db::Tx| jobs::cancel_thread(&ctx, &tx, thread).await;
        assert_eq!(ctx.database.write(cancel).await.unwrap().len(), 1);
        expired(&later(&ctx, &db.database)).await;
        assert_eq!(found(&ctx, new.id).await.status, JobStatus::Canceled);
    }

    async fn a_new_message_makes_way_by_its_policy(db) {
        let ctx = db.ctx().await;
        let statuses = async |ids: &[entity::values::JobId]| {
            let mut statuses = Vec::new();
            for id in ids {
                statuses.push(found(&ctx, *id).await.status);
            }
            statuses
        };
        for (number, policy) in [IfBusy::Enqueue, IfBusy::Reject, IfBusy::Interrupt, IfBusy::Replace]
            .into_iter().enumerate()
        {
            let thread = thread(&ctx, &format!("chat-{number}")).await;
            let make_way = async |tx: db::Tx| jobs::make_way(&ctx, &tx, thread, policy).await;
            assert_eq!(ctx.database.write(make_way).await.unwrap(), []);
            let waiting = enqueued(&ctx, thread, job()).await;
            let lease = Lease::of(&claimed(&ctx, 1).await[0]).unwrap();
            let park = async |tx: db::Tx| park_for_approval(&ctx, &tx, &lease).await;
            assert_eq!(ctx.database.write(park).await.unwrap().status, JobStatus::AwaitingApproval);
            let running = enqueued(&ctx, thread, job()).await;
            assert_eq!(claimed(&ctx, 1).await[0].id, running.id);
            let queued = enqueued(&ctx, thread, job()).await;
            let ids = [waiting.id, running.id, queued.id];
            let made = ctx.database.write(make_way).await;
            let (waits, runs, stands) = (JobStatus::AwaitingApproval, JobStatus::Running, JobStatus::Queued);
            match policy {
                IfBusy::Enqueue => {
                    assert_eq!(made.unwrap(), []);
                    assert_eq!(statuses(&ids).await, [waits, runs, stands]);
                }
                IfBusy::Reject => {
                    assert!(matches!(made.unwrap_err(), Error::ThreadBusy { .. }));
                    assert_eq!(statuses(&ids).await, [waits, runs, stands]);
                }
                IfBusy::Interrupt => {
                    assert_eq!(made.unwrap().len(), 1);
                    assert_eq!(statuses(&ids).await, [waits, runs, stands]);
                    assert!(found(&ctx, running.id).await.cancel_requested_at.is_some());
                }
                IfBusy::Replace => {
                    assert_eq!(made.unwrap().len(), 3);
                    let canceled = JobStatus::Canceled;
                    assert_eq!(statuses(&ids).await, [canceled, runs, canceled]);
                }
            }
        }
    }

    async fn who_waits_for_people_holds_nothing_and_goes_on_by_their_word(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let new = enqueued(&ctx, thread, jobs::NewJob { max_attempts: 1, ..job() }).await;
        let got = claimed(&ctx, 10).await.remove(0);
        let lease = Lease::of(&got).unwrap();
        let park = async |tx: db::Tx| park_for_approval(&ctx, &tx, &lease).await;
        let parked = ctx.database.write(park).await.unwrap();
        assert_eq!((parked.lease_token, parked.lease_expires_at), (None, None));
        let other = enqueued(&ctx, thread, job()).await;
        let between = claimed(&ctx, 10).await.remove(0);
        assert_eq!(between.id, other.id);
        completed(&ctx, &between).await.unwrap();
        let resume = async |tx: db::Tx| jobs::resume(&ctx, &tx, new.id, json!({"outcome": "approved"})).await;
        ctx.database.write(resume).await.unwrap();
        let got = claimed(&ctx, 10).await.remove(0);
        assert_eq!((got.id, got.attempt), (new.id, 2));
        let lease = Lease::of(&got).unwrap();
        let park = async |tx: db::Tx| park_for_approval(&ctx, &tx, &lease).await;
        ctx.database.write(park).await.unwrap();
        let refuse = async |tx: db::Tx| {
            jobs::fail_waiting(&ctx, &tx, new.id, "it was rejected".to_owned()).await
        };
        let ended = ctx.database.write(refuse).await.unwrap();
        assert_eq!((ended.status, ended.error.as_deref()), (JobStatus::Failed, Some("it was rejected")));
    }
    async fn what_has_nothing_to_wait_for_is_not_parked_and_what_is_canceled_ends(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let new = enqueued(&ctx, thread, job()).await;
        let got = claimed(&ctx, 10).await.remove(0);
        let lease = Lease::of(&got).unwrap();
        let park = async |tx: db::Tx| jobs::park(&ctx, &tx, None, &lease).await;
        let refused = ctx.database.write(park).await.unwrap_err();
        assert!(matches!(refused, Error::NothingPending { id } if id == new.id));
        assert_eq!(found(&ctx, new.id).await, got);
        let cancel = async |tx: db::Tx| jobs::cancel(&ctx, &tx, new.id).await;
        ctx.database.write(cancel).await.unwrap();
        assert_eq!(ctx.database.write(park).await.unwrap().status, JobStatus::Canceled);
    }
}
