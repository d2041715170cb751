//! Jobs of a test's users, by way of the services.

use chrono::{TimeDelta, Utc};
use db::Tx;
use entity::{
    values::{ActorKind, ApiTokenId, JobMode, OnRefusal, UserId},
    workflow::approval,
};
use identity::{Actor, Clock, Ctx};
use serde_json::json;
use uuid::Uuid;
use workflow::{
    approvals::{self, NewApproval},
    jobs::{self, Claim, Horizon, Lease, NewJob},
    threads,
};

use super::App;

impl App {
    /// A job in a new thread of this user, which a worker has claimed.
    pub async fn running_job(&self, owner: UserId) -> Lease {
        let ctx = self.ctx_of(Actor::user(owner), owner);
        let chat = Uuid::now_v7().to_string();
        let enqueue = async |tx: Tx| {
            let thread = threads::get_or_create(&ctx, &tx, "test", &chat).await?.id;
            let new = NewJob::new(JobMode::Execute, json!({}));
            jobs::enqueue(&ctx, &tx, thread, new).await
        };
        let job = ctx.database.write(enqueue).await.unwrap().job;
        let lease = self.claimed_job(owner).await;
        assert_eq!(lease.job, job.id, "another job was in the way");
        lease
    }

    /// The next job of this user, claimed.
    pub async fn claimed_job(&self, owner: UserId) -> Lease {
        let ctx = self.ctx_of(Actor::user(owner), owner);
        let wanted = Claim {
            worker: "test".to_owned(),
            owner: Some(owner),
            modes: vec![JobMode::Execute],
            limit: 1,
            lease: TimeDelta::minutes(5),
        };
        let horizon = Horizon::default();
        let claim = async |tx: Tx| jobs::claim(&ctx, &tx, &wanted, &horizon).await;
        let claimed = ctx.database.write(claim).await.unwrap();
        Lease::of(&claimed[0]).unwrap()
    }

    /// What a program of this user proposes for a job that goes on running.
    pub async fn proposed(&self, owner: UserId, lease: &Lease) -> approval::Model {
        let ctx = self.ctx_of(Actor::token(owner, ApiTokenId::new()), owner);
        assert_eq!(ctx.actor.kind, ActorKind::Token);
        let new = NewApproval {
            proposal_text: "Buy 10 NKE".to_owned(),
            action: json!({"tool": "order"}),
            on_refusal: OnRefusal::Fail,
            quorum: 1,
            expires_in: TimeDelta::hours(1),
            approvers: Vec::new(),
            allows_self_vote: false,
            parks: false,
        };
        let propose = async |tx: Tx| approvals::propose(&ctx, &tx, lease, new.clone()).await;
        ctx.database.write(propose).await.unwrap()
    }

    fn ctx_of(&self, actor: Actor, scope: UserId) -> Ctx {
        Ctx::new(
            actor,
            scope,
            "test".into(),
            Clock::new(Utc::now),
            &self.database,
        )
    }
}
