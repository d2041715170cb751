use chrono::{TimeDelta, Utc};
use entity::values::{JobEventKind, JobMode, JobStatus};
use futures_util::future::join_all;
use serde_json::json;
use testkit::on_both_engines;
use workflow::{
    Error,
    jobs::{self, Claim, NewJob},
    queues, stream,
};

use super::{claimed, claimed_as, completed, enqueued, events, found, job, later, thread, wanted};
use crate::stranger;

on_both_engines! {
    async fn a_job_is_enqueued_claimed_and_done(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let new = enqueued(&ctx, thread, job()).await;
        assert_eq!((new.status, new.attempt, new.event_seq), (JobStatus::Queued, 0, 1));
        assert_eq!(found(&ctx, new.id).await, new);
        let got = claimed(&ctx, 10).await;
        assert_eq!(got.len(), 1);
        assert_eq!((got[0].id, got[0].status, got[0].attempt), (new.id, JobStatus::Running, 1));
        assert_eq!(got[0].worker.as_deref(), Some("w1"));
        assert!(got[0].lease_expires_at.unwrap() > ctx.now());
        assert_eq!(found(&ctx, new.id).await, got[0]);
        assert!(claimed(&ctx, 10).await.is_empty());
        let done = completed(&ctx, &got[0]).await.unwrap();
        assert_eq!(done.status, JobStatus::Done);
        assert_eq!(done.result_json, Some(json!({"said": "yes"})));
        assert!(done.finished_at.is_some() && done.lease_token.is_none());
        assert_eq!(found(&ctx, new.id).await, done);
        assert_eq!(done.started_at, got[0].started_at);
        let kinds = [JobEventKind::Enqueued, JobEventKind::Claimed, JobEventKind::Completed];
        assert_eq!(events(&ctx, new.id).await, kinds);
        let lines = stream::after(&ctx, &ctx.database, thread, 0, 10).await.unwrap();
        let seqs: Vec<i64> = lines.iter().map(|line| line.seq).collect();
        assert_eq!(seqs, [1, 2, 3]);
        assert_eq!(lines[2].data_json["status"], "done");
        assert_eq!(lines[1].data_json["worker"], "w1");
    }

    async fn the_larger_priority_comes_first_then_what_was_to_run_earlier_then_the_older(db) {
        let ctx = db.ctx().await;
        let mut expected = Vec::new();
        let early = ctx.now() - TimeDelta::hours(1);
        let cases = [(9, None), (5, Some(early)), (5, Some(early + TimeDelta::seconds(1))), (5, None), (0, Some(early))];
        for (number, (priority, run_at)) in cases.into_iter().enumerate().rev() {
            let thread = thread(&ctx, &format!("chat-{number}")).await;
            let new = NewJob { priority, run_at, ..job() };
            expected.insert(0, enqueued(&ctx, thread, new).await.id);
        }
        let first: Vec<_> = claimed(&ctx, 2).await.iter().map(|job| job.id).collect();
        assert_eq!(first, expected[..2]);
        let rest: Vec<_> = claimed(&ctx, 10).await.iter().map(|job| job.id).collect();
        assert_eq!(rest, expected[2..]);
    }

    async fn of_one_thread_one_job_runs_at_a_time_in_order(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let mut expected = Vec::new();
        for _ in 0..4 {
            expected.push(enqueued(&ctx, thread, job()).await.id);
        }
        for id in expected {
            let got = claimed(&ctx, 10).await;
            assert_eq!(got.iter().map(|job| job.id).collect::<Vec<_>>(), [id]);
            assert!(claimed(&ctx, 10).await.is_empty());
            completed(&ctx, &got[0]).await.unwrap();
        }
        assert!(claimed(&ctx, 10).await.is_empty());
    }

    async fn a_thread_may_allow_more_at_a_time(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        for _ in 0..5 {
            enqueued(&ctx, thread, job()).await;
        }
        let allow = async |tx: db::Tx| {
            let queue = queues::lock(&ctx, &tx, thread).await?;
            queues::allow(&ctx, &tx, queue, 3).await
        };
        ctx.database.write(allow).await.unwrap();
        let got = claimed(&ctx, 10).await;
        assert_eq!(got.len(), 3);
        completed(&ctx, &got[1]).await.unwrap();
        assert_eq!(claimed(&ctx, 10).await.len(), 1);
        assert_eq!(claimed(&ctx, 10).await.len(), 0);
    }

    async fn a_job_is_not_run_before_its_time_and_does_not_keep_others_from_running(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let tomorrow = NewJob { run_at: Some(Utc::now() + TimeDelta::hours(1)), priority: 9, ..job() };
        let tomorrow = enqueued(&ctx, thread, tomorrow).await;
        assert!(claimed(&ctx, 10).await.is_empty());
        let now = enqueued(&ctx, thread, job()).await;
        let got = claimed(&ctx, 10).await;
        assert_eq!(got.iter().map(|job| job.id).collect::<Vec<_>>(), [now.id]);
        completed(&ctx, &got[0]).await.unwrap();
        assert!(claimed(&ctx, 10).await.is_empty());
        let later = later(&ctx, &db.database);
        assert_eq!(claimed(&later, 10).await[0].id, tomorrow.id);
    }

    async fn the_first_of_a_thread_is_chosen_when_it_is_claimed_not_when_it_came(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        let at = |minutes, priority| NewJob {
            run_at: Some(Utc::now() + TimeDelta::minutes(minutes)), priority, ..job()
        };
        let low = enqueued(&ctx, thread, at(10, 1)).await;
        let high = enqueued(&ctx, thread, at(20, 9)).await;
        let later = later(&ctx, &db.database);
        for id in [high.id, low.id] {
            let got = claimed(&later, 10).await;
            assert_eq!(got.iter().map(|job| job.id).collect::<Vec<_>>(), [id]);
            completed(&later, &got[0]).await.unwrap();
        }
    }

    async fn a_worker_gets_the_modes_it_asks_for_and_no_thread_out_of_order(db) {
        let ctx = db.ctx().await;
        let (one, two) = (thread(&ctx, "one").await, thread(&ctx, "two").await);
        let plan = enqueued(&ctx, one, NewJob::new(JobMode::Plan, json!({}))).await;
        enqueued(&ctx, one, job()).await;
        let answer = enqueued(&ctx, two, job()).await;
        let claim = Claim { modes: vec![JobMode::Answer], ..wanted(10) };
        let got = claimed_as(&ctx, &claim).await;
        assert_eq!(got.iter().map(|job| job.id).collect::<Vec<_>>(), [answer.id]);
        let claim = Claim { modes: vec![JobMode::Plan], ..wanted(10) };
        assert_eq!(claimed_as(&ctx, &claim).await[0].id, plan.id);
    }

    async fn threads_that_wait_for_another_worker_do_not_hide_the_rest(db) {
        let ctx = db.ctx().await;
        for number in 0..3 {
            let thread = thread(&ctx, &format!("chat-{number}")).await;
            let plan = NewJob { priority: 9, ..NewJob::new(JobMode::Plan, json!({})) };
            enqueued(&ctx, thread, plan).await;
            enqueued(&ctx, thread, NewJob { priority: 6, ..job() }).await;
        }
        let free = enqueued(&ctx, thread(&ctx, "free").await, job()).await;
        let claim = Claim { modes: vec![JobMode::Answer], ..wanted(1) };
        let got = claimed_as(&ctx, &claim).await;
        assert_eq!(got.iter().map(|job| job.id).collect::<Vec<_>>(), [free.id]);
        let claim = Claim { modes: vec![JobMode::Plan], ..wanted(2) };
        let plans = claimed_as(&ctx, &claim).await;
        completed(&ctx, &plans[0]).await.unwrap();
        let claim = Claim { modes: vec![JobMode::Answer], ..wanted(10) };
        let got = claimed_as(&ctx, &claim).await;
        assert_eq!(got.iter().map(|job| job.thread_id).collect::<Vec<_>>(), [plans[0].thread_id]);
    }

    async fn a_paused_mode_is_not_claimed_until_it_is_resumed(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        enqueued(&ctx, thread, job()).await;
        let other = stranger(&ctx, &db.database).await;
        for who in [&other, &ctx] {
            let pause = async |tx: db::Tx| jobs::modes::pause(who, &tx, JobMode::Answer).await;
            who.database.write(pause).await.unwrap();
            who.database.write(pause).await.unwrap();
        }
        assert!(claimed(&ctx, 10).await.is_empty());
        let unpause = async |tx: db::Tx| jobs::modes::unpause(&ctx, &tx, JobMode::Answer).await;
        ctx.database.write(unpause).await.unwrap();
        assert_eq!(jobs::modes::paused(&ctx, &ctx.database).await.unwrap(), []);
        assert_eq!(jobs::modes::paused(&other, &other.database).await.unwrap().len(), 1);
        assert_eq!(claimed(&ctx, 10).await.len(), 1);
    }

    async fn who_claims_for_one_user_gets_that_users_jobs(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let own = enqueued(&ctx, thread(&ctx, "chat").await, job()).await;
        let foreign = enqueued(&other, thread(&other, "chat").await, job()).await;
        let claim = Claim { owner: Some(ctx.scope), ..wanted(10) };
        assert!(jobs::has_due(&ctx, &ctx.database, Some(ctx.scope)).await.unwrap());
        let got = claimed_as(&ctx, &claim).await;
        assert_eq!(got.iter().map(|job| job.id).collect::<Vec<_>>(), [own.id]);
        assert!(!jobs::has_due(&ctx, &ctx.database, Some(ctx.scope)).await.unwrap());
        let refused = jobs::find(&ctx, &ctx.database, foreign.id).await.unwrap_err();
        assert!(matches!(refused, Error::JobNotFound { .. }));
        let lease = jobs::Lease::of(&got[0]).unwrap();
        let done = jobs::Completion { lease, result: None };
        let steal = async |tx: db::Tx| jobs::complete(&other, &tx, Some(other.scope), done.clone()).await;
        let refused = other.database.write(steal).await.unwrap_err();
        assert!(matches!(refused, Error::JobNotFound { .. }));
        completed(&ctx, &got[0]).await.unwrap();
    }

    async fn the_same_key_in_a_thread_is_the_same_job(db) {
        let ctx = db.ctx().await;
        let (one, two) = (thread(&ctx, "one").await, thread(&ctx, "two").await);
        let keyed = NewJob { idempotency_key: Some("k".to_owned()), ..job() };
        let ask = |_| {
            let keyed = keyed.clone();
            let ctx = &ctx;
            async move {
                let work = async |tx: db::Tx| jobs::enqueue(ctx, &tx, one, keyed.clone()).await;
                ctx.database.write(work).await.unwrap()
            }
        };
        let all = join_all((0..8).map(ask)).await;
        assert!(all.iter().all(|enqueued| enqueued.job.id == all[0].job.id));
        assert_eq!(all.iter().filter(|enqueued| !enqueued.was_there).count(), 1);
        let work = async |tx: db::Tx| {
            let same = vec![(two, keyed.clone()), (one, keyed.clone()), (two, keyed.clone())];
            jobs::enqueue_many(&ctx, &tx, same).await
        };
        let many = ctx.database.write(work).await.unwrap();
        assert_eq!(many[1].job.id, all[0].job.id);
        assert_eq!(many[0].job.id, many[2].job.id);
        assert_eq!(many.iter().map(|one| one.was_there).collect::<Vec<_>>(), [false, true, true]);
    }

    async fn many_who_claim_at_once_get_each_job_once_and_a_thread_in_order(db) {
        let ctx = db.ctx().await;
        let mut threads = Vec::new();
        for number in 0..5 {
            threads.push(thread(&ctx, &format!("chat-{number}")).await);
        }
        let new: Vec<_> = (0..100).map(|number| (threads[number % 5], job())).collect();
        let work = async |tx: db::Tx| jobs::enqueue_many(&ctx, &tx, new.clone()).await;
        let all: Vec<_> = ctx.database.write(work).await.unwrap().iter().map(|one| one.job.id).collect();
        let worker = |_| async {
            let mut done = Vec::new();
            while done.len() < 100 {
                let got = claimed(&ctx, 3).await;
                if got.is_empty() && !jobs::has_due(&ctx, &ctx.database, None).await.unwrap() {
                    let filter = jobs::Filter { status: Some(JobStatus::Done), ..jobs::Filter::default() };
                    let page = db::page::Page { after: None, limit: 500 };
                    let listed = jobs::list(&ctx, &ctx.database, filter, page).await.unwrap();
                    if listed.items.len() == 100 {
                        break;
                    }
                }
                for job in &got {
                    completed(&ctx, job).await.unwrap();
                    done.push(job.id);
                }
            }
            done
        };
        let done = join_all((0..4).map(worker)).await;
        let mut ids: Vec<_> = done.into_iter().flatten().collect();
        ids.sort_unstable();
        assert_eq!(ids, all);
        for thread in threads {
            let lines = stream::after(&ctx, &ctx.database, thread, 0, 1_000).await.unwrap();
            let seqs: Vec<i64> = lines.iter().map(|line| line.seq).collect();
            assert_eq!(seqs, (1..=60).collect::<Vec<i64>>());
            let ended: Vec<_> = lines.iter().filter(|line| line.data_json["status"] == "done")
                .map(|line| line.data_json["job_id"].clone()).collect();
            let mut sorted = ended.clone();
            sorted.sort_by_key(|id| id.as_str().map(str::to_owned));
            assert_eq!(ended, sorted);
        }
    }

    async fn what_cannot_be_asked_for_is_refused(db) {
        let ctx = db.ctx().await;
        let thread = thread(&ctx, "chat").await;
        for (new, field) in [
            (NewJob { priority: 10, ..job() }, "/priority"),
            (NewJob { priority: -1, ..job() }, "/priority"),
            (NewJob { max_attempts: 0, ..job() }, "/max_attempts"),
            (NewJob { max_attempts: 101, ..job() }, "/max_attempts"),
            (NewJob { idempotency_key: Some(String::new()), ..job() }, "/idempotency_key"),
        ] {
            let work = async |tx: db::Tx| jobs::enqueue(&ctx, &tx, thread, new.clone()).await;
            let refused = ctx.database.write(work).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: found, .. } if found == field));
        }
        for (claim, field) in [
            (Claim { limit: 0, ..wanted(1) }, "/limit"),
            (Claim { limit: 501, ..wanted(1) }, "/limit"),
            (Claim { modes: vec![], ..wanted(1) }, "/modes"),
            (Claim { worker: String::new(), ..wanted(1) }, "/worker"),
            (Claim { lease: TimeDelta::milliseconds(999), ..wanted(1) }, "/lease_seconds"),
        ] {
            let horizon = jobs::Horizon::default();
            let work = async |tx: db::Tx| jobs::claim(&ctx, &tx, &claim, &horizon).await;
            let refused = ctx.database.write(work).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: found, .. } if found == field));
        }
        let other = stranger(&ctx, &db.database).await;
        let work = async |tx: db::Tx| jobs::enqueue(&other, &tx, thread, job()).await;
        let refused = other.database.write(work).await.unwrap_err();
        assert!(matches!(refused, Error::ThreadNotFound { .. }));
    }
}
