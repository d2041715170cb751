//! Random work against a model that keeps a list and sorts it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    values::{JobId, JobStatus, ThreadId},
    workflow::{job, job_event},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use testkit::on_both_engines;
use workflow::jobs::{self, Lease, NewJob, transition::replay};

use super::{claimed, completed, enqueued, expired, failed, job, later, park_for_approval, thread};

const STEPS: usize = 150;
const THREADS: usize = 4;

#[derive(Clone, Debug)]
struct Known {
    thread: ThreadId,
    priority: i64,
    run_at: DateTime<Utc>,
    status: JobStatus,
    attempt: i64,
    asked: bool,
}

#[derive(Default)]
struct Naive(BTreeMap<JobId, Known>);

impl Naive {
    /// What a claim gives: of each thread without a running job the first that is due, and of these the first.
    fn claim(&mut self, now: DateTime<Utc>, limit: usize) -> Vec<JobId> {
        let running = |thread| {
            self.0
                .values()
                .any(|job| job.thread == thread && job.status == JobStatus::Running)
        };
        let mut due: Vec<(i64, DateTime<Utc>, JobId, ThreadId)> = self
            .0
            .iter()
            .filter(|(_, job)| {
                job.status == JobStatus::Queued && job.run_at <= now && !running(job.thread)
            })
            .map(|(id, job)| (-job.priority, job.run_at, *id, job.thread))
            .collect();
        due.sort();
        let mut threads = BTreeSet::new();
        due.retain(|(_, _, _, thread)| threads.insert(*thread));
        due.truncate(limit);
        let ids: Vec<JobId> = due.into_iter().map(|(_, _, id, _)| id).collect();
        for id in &ids {
            let job = self.0.get_mut(id).unwrap();
            job.status = JobStatus::Running;
            job.attempt += 1;
        }
        ids
    }

    fn of(&self, status: JobStatus) -> Vec<JobId> {
        self.0
            .iter()
            .filter(|(_, job)| job.status == status)
            .map(|(id, _)| *id)
            .collect()
    }

    fn set(&mut self, id: JobId, status: JobStatus) {
        self.0.get_mut(&id).unwrap().status = status;
    }
}

on_both_engines! {
    async fn random_work_goes_as_the_model_says(db) {
        let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let ctx = db.ctx().await;
        let later = later(&ctx, &db.database);
        let mut threads = Vec::new();
        for number in 0..THREADS {
            threads.push(thread(&ctx, &format!("chat-{number}")).await);
        }
        let mut naive = Naive::default();
        let mut held: BTreeMap<JobId, job::Model> = BTreeMap::new();
        let base = ctx.now() - TimeDelta::hours(1);
        for _ in 0..STEPS {
            let running = naive.of(JobStatus::Running);
            let one = (!running.is_empty()).then(|| running[random.usize(..running.len())]);
            match (random.u32(..12), one) {
                (0..=4, _) => {
                    let thread = threads[random.usize(..THREADS)];
                    // Past instants that repeat, and some that are far ahead.
                    let ahead = if random.u32(..6) == 0 { TimeDelta::days(1) } else { TimeDelta::zero() };
                    let run_at = base + ahead + TimeDelta::minutes(random.i64(0..5));
                    let priority = random.i64(3..7);
                    let new = NewJob { priority, run_at: Some(run_at), max_attempts: 100, ..job() };
                    let made = enqueued(&ctx, thread, new).await;
                    let known = Known {
                        thread, priority, run_at, status: JobStatus::Queued, attempt: 0, asked: false,
                    };
                    naive.0.insert(made.id, known);
                }
                (5..=6, _) => {
                    let limit = random.u64(1..4);
                    let got = claimed(&ctx, limit).await;
                    let expected = naive.claim(ctx.now(), usize::try_from(limit).unwrap());
                    assert_eq!(got.iter().map(|job| job.id).collect::<Vec<_>>(), expected);
                    held.extend(got.into_iter().map(|job| (job.id, job)));
                }
                (7, Some(id)) => {
                    completed(&ctx, &held[&id]).await.unwrap();
                    naive.set(id, JobStatus::Done);
                }
                (8, Some(id)) => {
                    let again = failed(&ctx, &held[&id], true).await.unwrap();
                    let known = naive.0.get_mut(&id).unwrap();
                    known.status = if known.asked { JobStatus::Canceled } else { JobStatus::Queued };
                    known.run_at = again.run_at;
                }
                (9, _) if random.u32(..3) == 0 => {
                    expired(&later).await;
                    for id in running {
                        let asked = naive.0[&id].asked;
                        naive.set(id, if asked { JobStatus::Canceled } else { JobStatus::Queued });
                    }
                }
                (10, Some(id)) => {
                    let lease = Lease::of(&held[&id]).unwrap();
                    let park = async |tx: db::Tx| park_for_approval(&ctx, &tx, &lease).await;
                    ctx.database.write(park).await.unwrap();
                    let asked = naive.0[&id].asked;
                    naive.set(id, if asked { JobStatus::Canceled } else { JobStatus::AwaitingApproval });
                }
                (11, _) => {
                    let open: Vec<JobId> = [JobStatus::Queued, JobStatus::Running, JobStatus::AwaitingApproval]
                        .into_iter().flat_map(|status| naive.of(status)).collect();
                    if open.is_empty() {
                        continue;
                    }
                    let id = open[random.usize(..open.len())];
                    if naive.0[&id].status == JobStatus::AwaitingApproval && random.bool() {
                        let resume = async |tx: db::Tx| jobs::resume(&ctx, &tx, id, json!({})).await;
                        let resumed = ctx.database.write(resume).await.unwrap();
                        let known = naive.0.get_mut(&id).unwrap();
                        known.status = JobStatus::Queued;
                        known.run_at = resumed.run_at;
                        continue;
                    }
                    let cancel = async |tx: db::Tx| jobs::cancel(&ctx, &tx, id).await;
                    ctx.database.write(cancel).await.unwrap();
                    let known = naive.0.get_mut(&id).unwrap();
                    if known.status == JobStatus::Running {
                        known.asked = true;
                    } else {
                        known.status = JobStatus::Canceled;
                    }
                }
                _ => {}
            }
        }
        for (id, known) in &naive.0 {
            let row = jobs::find(&ctx, &ctx.database, *id).await.unwrap();
            assert_eq!((row.status, row.attempt), (known.status, known.attempt), "{id}");
            let events = job_event::Entity::find().filter(job_event::Column::JobId.eq(*id))
                .order_by_asc(job_event::Column::Seq).all(&ctx.database).await.unwrap();
            assert_eq!(i64::try_from(events.len()).unwrap(), row.event_seq);
            assert_eq!(replay(events.iter().map(|event| event.kind)), Ok(Some(row.status)));
        }
    }
}
