//! Everybody decides at the same moment: one outcome, and one who may act on it.

use std::collections::BTreeMap;

use db::Tx;
use entity::values::{ApprovalStatus as Status, JobMode, StreamEventKind, ThreadId};
use futures_util::{StreamExt, future::join_all, stream};
use testkit::{TestDatabase, on_both_engines};
use workflow::{
    Error,
    approvals::{self, NewApproval},
    jobs, queues, stream as events,
};

use super::*;

/// Approvals that are raced for at once.
const BATCH: usize = 20;

/// 10,000 with `FAULTS_LONG=1`.
fn races() -> usize {
    let is_long = std::env::var("FAULTS_LONG").is_ok_and(|value| value == "1");
    if is_long { 10_000 } else { 60 }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Approve,
    Reject,
    Supersede,
    Expire,
    Cancel,
    Consume,
}

const ACTS: [Act; 8] = [
    Act::Approve,
    Act::Reject,
    Act::Consume,
    Act::Supersede,
    Act::Expire,
    Act::Approve,
    Act::Cancel,
    Act::Consume,
];

/// Those who race for one approval.
struct Racers {
    owner: Ctx,
    bob: Ctx,
    worker: Ctx,
    later: Ctx,
    asked: approval::Model,
    lease: Lease,
}

impl Racers {
    /// What the act has made of the approval; `None` if others were there before.
    async fn act(&self, act: Act) -> Option<Status> {
        let id = self.asked.id;
        let outcome = match act {
            Act::Approve => approve(&self.owner, id).await.map(|made| Some(made.status)),
            Act::Reject => reject(&self.bob, id).await.map(|made| Some(made.status)),
            Act::Consume => {
                let hash = &self.asked.action_hash;
                let made = consume(&self.worker, id, &self.lease, hash).await;
                made.map(|made| Some(made.status))
            }
            Act::Cancel => {
                let work = async |tx: Tx| approvals::cancel(&self.owner, &tx, id).await;
                self.owner
                    .database
                    .write(work)
                    .await
                    .map(|made| Some(made.status))
            }
            Act::Supersede => {
                let job = [self.lease.job];
                let work = async |tx: Tx| {
                    queues::lock(&self.owner, &tx, self.asked.thread_id).await?;
                    approvals::supersede_of(&self.owner, &tx, &job).await
                };
                let ended = self.owner.database.write(work).await;
                ended.map(|ended| (ended == 1).then_some(Status::Superseded))
            }
            Act::Expire => {
                let job = self.lease.job;
                let work = async |tx: Tx| approvals::expire_of(&self.later, &tx, job).await;
                let ended = self.later.database.write(work).await;
                ended.map(|ended| (ended == 1).then_some(Status::Expired))
            }
        };
        match outcome {
            Ok(made) => made,
            Err(
                Error::ApprovalResolved { .. }
                | Error::ApprovalExpired { .. }
                | Error::ApprovalPending { .. }
                | Error::ApprovalConsumed { .. }
                | Error::AlreadyVoted { .. },
            ) => None,
            Err(error) => panic!("{act:?}: {error}"),
        }
    }

    async fn race(&self, first: usize) -> Vec<Status> {
        let acts = (0..ACTS.len()).map(|n| ACTS[(first + n) % ACTS.len()]);
        let made = join_all(acts.map(|act| self.act(act))).await;
        made.into_iter().flatten().collect()
    }

    /// The outcome of two rounds: the second finds everything decided.
    async fn outcome(&self, first: usize) -> Status {
        let mut made = self.race(first).await;
        made.extend(self.race(first).await);
        let resolutions: Vec<&Status> = made
            .iter()
            .filter(|made| **made != Status::Consumed)
            .collect();
        let [resolution] = resolutions[..] else {
            panic!("there is not one resolution: {made:?}");
        };
        let consumed = made
            .iter()
            .filter(|made| **made == Status::Consumed)
            .count();
        let is_approved = *resolution == Status::Approved;
        assert_eq!(consumed, usize::from(is_approved), "{made:?}");
        let last = if is_approved {
            Status::Consumed
        } else {
            *resolution
        };
        let kept = find(&self.owner, self.asked.id).await;
        assert_eq!(kept.status, last);
        self.check_record(*resolution).await;
        *resolution
    }

    /// The losers have left nothing behind.
    async fn check_record(&self, resolution: Status) {
        let (ctx, id) = (&self.owner, self.asked.id);
        let votes = approvals::votes_on(ctx, &ctx.database, id).await.unwrap();
        let voted = [Status::Approved, Status::Rejected].contains(&resolution);
        assert_eq!(votes.len(), usize::from(voted), "{resolution}: {votes:?}");
        let told = told(ctx, self.asked.thread_id).await;
        let expected: &[&str] = match resolution {
            Status::Approved => &["pending", "approved", "consumed"],
            other => &["pending", other.as_str()],
        };
        assert_eq!(told, expected);
    }
}

/// The statuses that a thread's stream has told, in their order.
pub async fn told(ctx: &Ctx, thread: ThreadId) -> Vec<String> {
    let lines = events::after(ctx, &ctx.database, thread, 0, 1_000)
        .await
        .unwrap();
    let numbers: Vec<i64> = lines.iter().map(|line| line.seq).collect();
    let expected: Vec<i64> = (1..).take(lines.len()).collect();
    assert_eq!(numbers, expected);
    let about = lines
        .into_iter()
        .filter(|line| line.kind == StreamEventKind::Approval);
    about
        .map(|line| line.data_json["status"].as_str().unwrap().to_owned())
        .collect()
}

async fn leases(ctx: &Ctx, batch: usize) -> Vec<Lease> {
    let mut new = Vec::new();
    for n in 0..BATCH {
        let thread = made(ctx, &format!("chat-{batch}-{n}")).await.id;
        new.push((thread, NewJob::new(JobMode::Execute, json!({}))));
    }
    let enqueue = async |tx: Tx| jobs::enqueue_many(ctx, &tx, new.clone()).await;
    ctx.database.write(enqueue).await.unwrap();
    let wanted = Claim {
        worker: "test".to_owned(),
        owner: None,
        modes: vec![JobMode::Execute],
        limit: BATCH as u64,
        lease: TimeDelta::hours(1),
    };
    let horizon = Horizon::default();
    let work = async |tx: Tx| jobs::claim(ctx, &tx, &wanted, &horizon).await;
    let claimed = ctx.database.write(work).await.unwrap();
    assert_eq!(claimed.len(), BATCH);
    claimed.iter().map(|job| Lease::of(job).unwrap()).collect()
}

async fn run(db: &TestDatabase, races: usize) -> BTreeMap<Status, usize> {
    let ctx = db.ctx().await;
    let bob = person(&ctx, &db.database, BOB).await;
    let mut tally = BTreeMap::new();
    for batch in 0..races.div_ceil(BATCH) {
        let run = leases(&ctx, batch)
            .await
            .into_iter()
            .enumerate()
            .map(|(n, lease)| {
                let (ctx, bob) = (&ctx, &bob);
                async move {
                    let worker = program(ctx, &db.database);
                    let new = NewApproval {
                        approvers: vec![BOB.to_owned()],
                        parks: false,
                        ..proposal()
                    };
                    let asked = propose(&worker, &lease, new).await;
                    let racers = Racers {
                        owner: ctx.clone(),
                        bob: entered(bob, asked.id).await.unwrap(),
                        worker,
                        later: later(ctx, &db.database),
                        asked,
                        lease,
                    };
                    racers.outcome(batch * BATCH + n).await
                }
            });
        let outcomes: Vec<Status> = stream::iter(run).buffer_unordered(4).collect().await;
        for outcome in outcomes {
            *tally.entry(outcome).or_default() += 1;
        }
    }
    tally
}

on_both_engines! {
    async fn of_all_that_decide_at_once_one_is_the_outcome(db) {
        let races = races();
        let tally = run(&db, races).await;
        println!("{races} races: {tally:?}");
        assert_eq!(tally.values().sum::<usize>(), races);
        assert_eq!(tally.len(), 5, "some of the five never won: {tally:?}");
    }
}
