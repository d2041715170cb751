use chrono::TimeDelta;
use entity::values::{JobEventKind, JobStatus};
use testkit::on_both_engines;
use workflow::{
    Error,
    jobs::{self, Lease, NewJob, retry_pause},
};

use super::{claimed, completed, enqueued, events, expired, failed, found, job, later, thread};

fn is_lost<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let refused = outcome.unwrap_err();
    assert!(matches!(refused, Error::LeaseLost { .. }), "{refused:?}");
}

on_both_engines! {
    async fn a_job_whose_lease_ran_out_runs_again_and_its_old_worker_is_refused(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let (first, second) = (enqueued(&ctx, thread, job()).await, enqueued(&ctx, thread, job()).await);
        let old = claimed(&ctx, 10).await.remove(0);
        assert!(expired(&ctx).await.is_empty());
        let later = later(&ctx, &db.database);
        is_lost(completed(&later, &old).await);
        assert_eq!(found(&ctx, first.id).await, old);
        assert_eq!(expired(&later).await.len(), 1);
        let new = claimed(&later, 10).await.remove(0);
        assert_eq!((new.id, new.attempt), (first.id, 2));
        assert_eq!(new.started_at, old.started_at);
        let lease = Lease::of(&old).unwrap();
        is_lost(completed(&later, &old).await);
        is_lost(failed(&later, &old, true).await);
        let beat = jobs::heartbeat(&later, &later.database, None, &lease, TimeDelta::seconds(60)).await;
        is_lost(beat);
        let park = async |tx: db::Tx| jobs::park(&later, &tx, None, &lease).await;
        is_lost(later.database.write(park).await);
        let forged = Lease { attempt: 2, ..lease };
        let beat = jobs::heartbeat(&later, &later.database, None, &forged, TimeDelta::seconds(60)).await;
        is_lost(beat);
        assert_eq!(found(&later, first.id).await, new);
        completed(&later, &new).await.unwrap();
        is_lost(completed(&later, &new).await);
        assert_eq!(claimed(&later, 10).await[0].id, second.id);
        let kinds = events(&ctx, first.id).await;
        assert_eq!(kinds[2], JobEventKind::LeaseExpired);
    }

    async fn a_heartbeat_keeps_a_lease(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        enqueued(&ctx, thread, job()).await;
        let got = claimed(&ctx, 10).await.remove(0);
        let lease = Lease::of(&got).unwrap();
        let beat = jobs::heartbeat(&ctx, &ctx.database, Some(ctx.scope), &lease, TimeDelta::minutes(60));
        let beat = beat.await.unwrap();
        assert!(beat.lease_expires_at > ctx.now() + TimeDelta::minutes(59));
        assert_eq!(beat.cancel_requested_at, None);
        assert!(expired(&ctx).await.is_empty());
        assert_eq!(found(&ctx, got.id).await.event_seq, got.event_seq);
        completed(&ctx, &got).await.unwrap();
        let beat = jobs::heartbeat(&ctx, &ctx.database, None, &lease, TimeDelta::minutes(60)).await;
        is_lost(beat);
    }

    async fn attempts_are_counted_and_then_the_job_has_failed_with_its_history(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let new = enqueued(&ctx, thread, NewJob { max_attempts: 3, ..job() }).await;
        for attempt in 1..=2 {
            let got = claimed(&ctx, 10).await.remove(0);
            let again = failed(&ctx, &got, true).await.unwrap();
            assert_eq!((again.status, again.attempt), (JobStatus::Queued, attempt));
            assert_eq!(again.error.as_deref(), Some("no answer"));
        }
        let got = claimed(&ctx, 10).await.remove(0);
        let later = later(&ctx, &db.database);
        let ended = expired(&later).await;
        assert_eq!(ended[0].status, JobStatus::Failed);
        assert!(ended[0].error.as_deref().unwrap().contains("`w1` ran out"));
        is_lost(completed(&ctx, &got).await);
        assert_eq!(events(&ctx, new.id).await, [
            JobEventKind::Enqueued, JobEventKind::Claimed, JobEventKind::Retried, JobEventKind::Claimed,
            JobEventKind::Retried, JobEventKind::Claimed, JobEventKind::Exhausted,
        ]);
        let drive = async |tx: db::Tx| jobs::redrive(&later, &tx, new.id, 2).await;
        let driven = later.database.write(drive).await.unwrap();
        assert_eq!((driven.status, driven.max_attempts), (JobStatus::Queued, 5));
        assert_eq!(driven.finished_at, ended[0].finished_at);
        let again = later.database.write(drive).await.unwrap_err();
        assert!(matches!(again, Error::NotAllowed { .. }));
        let got = claimed(&later, 10).await.remove(0);
        assert_eq!(got.attempt, 4);
        let failed = failed(&later, &got, false).await.unwrap();
        assert_eq!((failed.status, failed.started_at), (JobStatus::Failed, got.started_at));
    }

    async fn a_retry_waits_and_lets_others_of_its_thread_pass(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let (first, second) = (enqueued(&ctx, thread, job()).await, enqueued(&ctx, thread, job()).await);
        let got = claimed(&ctx, 10).await.remove(0);
        let lease = Lease::of(&got).unwrap();
        let failure = jobs::Failure { error: "busy".to_owned(), retry: true, pause: None };
        let fail = async |tx: db::Tx| jobs::fail(&ctx, &tx, None, &lease, failure.clone()).await;
        let again = ctx.database.write(fail).await.unwrap();
        assert!(again.run_at > ctx.now());
        let got = claimed(&ctx, 10).await.remove(0);
        assert_eq!(got.id, second.id);
        completed(&ctx, &got).await.unwrap();
        let later = later(&ctx, &db.database);
        assert_eq!(claimed(&later, 10).await[0].id, first.id);
    }

    async fn one_lost_lease_does_not_keep_others_from_their_end(db) {
        let ctx = db.ctx().await;
        for number in 0..3 {
            enqueued(&ctx, thread(&ctx, &format!("chat-{number}")).await, job()).await;
        }
        let got = claimed(&ctx, 10).await;
        let done = |job| jobs::Completion { lease: Lease::of(job).unwrap(), result: None };
        completed(&ctx, &got[1]).await.unwrap();
        let mut all: Vec<_> = got.iter().map(done).collect();
        all.push(all[0].clone());
        all[3].lease.job = entity::values::JobId::new();
        let work = async |tx: db::Tx| jobs::complete_many(&ctx, &tx, None, all.clone()).await;
        let outcomes = ctx.database.write(work).await.unwrap();
        assert_eq!(outcomes[0].as_ref().unwrap().id, got[0].id);
        assert!(matches!(outcomes[1], Err(Error::LeaseLost { id }) if id == got[1].id));
        assert_eq!(outcomes[2].as_ref().unwrap().id, got[2].id);
        assert!(matches!(outcomes[3], Err(Error::JobNotFound { .. })));
    }
}

#[test]
fn pauses_double_up_to_ten_minutes_and_half_of_each_is_chance() {
    for attempt in 1..40 {
        let most = TimeDelta::seconds((1_i64 << (attempt - 1).min(30)).min(600));
        let mut seen = std::collections::HashSet::new();
        for _ in 0..50 {
            let pause = retry_pause(attempt);
            assert!(
                pause <= most && pause * 2 >= most - TimeDelta::milliseconds(2),
                "{pause}"
            );
            seen.insert(pause);
        }
        assert!(seen.len() > 10);
    }
}
