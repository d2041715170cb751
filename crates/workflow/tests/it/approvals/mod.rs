//! What people decide on, and what becomes of the jobs that ask them.

mod decide;
mod deliver;
mod expire;
mod four_eyes;
mod races;
mod tell;
mod uses;

use chrono::{TimeDelta, Utc};
use db::{Database, Tx};
use entity::{
    values::{ActorKind, ApiTokenId, ApprovalId, JobId, JobMode, OnRefusal, UserId, VoteKind},
    workflow::{approval, job},
};
use identity::{Actor, Clock, Ctx};
use serde_json::json;
use workflow::{
    Error, approvals,
    approvals::{NewApproval, NewVote},
    jobs::{self, Claim, Horizon, Lease, NewJob},
};

use crate::made;

pub const BOB: &str = "bob@example.org";

pub fn proposal() -> NewApproval {
    NewApproval {
        proposal_text: "Buy 10 NKE".to_owned(),
        action: json!({"tool": "order", "symbol": "NKE", "quantity": "10"}),
        on_refusal: OnRefusal::Fail,
        quorum: 1,
        expires_in: TimeDelta::hours(1),
        approvers: Vec::new(),
        allows_self_vote: false,
        parks: true,
    }
}

/// A program of the scope's user.
pub fn program(ctx: &Ctx, database: &Database) -> Ctx {
    let actor = Actor::token(ctx.scope, ApiTokenId::new());
    Ctx::new(actor, ctx.scope, "test".into(), ctx.clock, database)
}

/// The same, three hours later.
pub fn later(ctx: &Ctx, database: &Database) -> Ctx {
    let clock = Clock::new(|| Utc::now() + TimeDelta::hours(3));
    Ctx::new(ctx.actor, ctx.scope, "test".into(), clock, database)
}

/// Whoever `ctx` is, in the books of the owner of an approval that they are asked about.
pub async fn entered(ctx: &Ctx, id: ApprovalId) -> Option<Ctx> {
    identity::approvers::enter(ctx, &ctx.shared(), id)
        .await
        .unwrap()
}

/// A job in a chat of its own that has been claimed.
pub async fn running(ctx: &Ctx, chat: &str) -> Lease {
    let thread = made(ctx, chat).await.id;
    let new = NewJob::new(JobMode::Execute, json!({}));
    let enqueue = async |tx: Tx| jobs::enqueue(ctx, &tx, thread, new.clone()).await;
    let job = ctx.database.write(enqueue).await.unwrap().job;
    let lease = claimed(ctx).await;
    assert_eq!(lease.job, job.id, "another job was in the way");
    lease
}

/// The next job of the scope.
pub async fn claimed(ctx: &Ctx) -> Lease {
    let jobs = claim(ctx, JobMode::Execute).await;
    Lease::of(&jobs[0]).unwrap()
}

pub async fn claim(ctx: &Ctx, mode: JobMode) -> Vec<job::Model> {
    let wanted = Claim {
        worker: "test".to_owned(),
        owner: Some(ctx.scope),
        modes: vec![mode],
        limit: 1,
        lease: TimeDelta::minutes(5),
    };
    let horizon = Horizon::default();
    let work = async |tx: Tx| jobs::claim(ctx, &tx, &wanted, &horizon).await;
    ctx.database.write(work).await.unwrap()
}

pub async fn job(ctx: &Ctx, id: JobId) -> job::Model {
    jobs::find(ctx, &ctx.database, id).await.unwrap()
}

pub async fn find(ctx: &Ctx, id: ApprovalId) -> approval::Model {
    approvals::find(ctx, &ctx.database, id).await.unwrap()
}

pub async fn try_propose(
    ctx: &Ctx,
    lease: &Lease,
    new: NewApproval,
) -> Result<approval::Model, Error> {
    let work = async |tx: Tx| approvals::propose(ctx, &tx, lease, new.clone()).await;
    ctx.database.write(work).await
}

pub async fn propose(ctx: &Ctx, lease: &Lease, new: NewApproval) -> approval::Model {
    try_propose(ctx, lease, new).await.unwrap()
}

pub async fn vote(ctx: &Ctx, id: ApprovalId, vote: VoteKind) -> Result<approval::Model, Error> {
    let reason = (vote == VoteKind::Reject).then(|| "not today".to_owned());
    let new = NewVote { vote, reason };
    let work = async |tx: Tx| approvals::vote(ctx, &tx, id, new.clone()).await;
    ctx.database.write(work).await
}

pub async fn approve(ctx: &Ctx, id: ApprovalId) -> Result<approval::Model, Error> {
    vote(ctx, id, VoteKind::Approve).await
}

pub async fn reject(ctx: &Ctx, id: ApprovalId) -> Result<approval::Model, Error> {
    vote(ctx, id, VoteKind::Reject).await
}

pub async fn consume(
    ctx: &Ctx,
    id: ApprovalId,
    lease: &Lease,
    hash: &str,
) -> Result<approval::Model, Error> {
    let shown = (lease.token, lease.attempt);
    let work = async |tx: Tx| approvals::consume(ctx, &tx, id, shown, hash).await;
    ctx.database.write(work).await
}

/// What the service does when it looks at its clock.
pub async fn sweep(ctx: &Ctx) -> usize {
    let mut expired = 0;
    let due = approvals::due(&ctx.shared(), ctx.now(), 100).await.unwrap();
    for due in due {
        assert_eq!(due.owner, ctx.scope);
        let work = async |tx: Tx| approvals::expire_of(ctx, &tx, due.job).await;
        expired += ctx.database.write(work).await.unwrap();
    }
    expired
}

/// An active user in a context of their own.
pub async fn person(ctx: &Ctx, database: &Database, email: &str) -> Ctx {
    let role = entity::values::UserRole::User;
    let id: UserId = testkit::user(database, ctx.clock, email, role).await;
    let person = Ctx::new(Actor::user(id), id, "test".into(), ctx.clock, database);
    assert_eq!(person.actor.kind, ActorKind::User);
    person
}
