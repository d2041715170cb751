use chrono::TimeDelta;
use db::Tx;
use entity::{
    values::{ActorKind, ApprovalId, ApprovalStatus, OnRefusal, UserId},
    workflow::{
        approval::{Entity, Model},
        job,
    },
};
use identity::{Ctx, approvers};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::Value;

use super::{
    action::action_hash,
    outcome::note_due,
    transition::{tell, told},
};
use crate::{
    Error,
    jobs::{self, Lease},
    text,
    webhooks::{self, EventType},
};

const LONGEST_TEXT: usize = 4_000;
const MOST_APPROVERS: usize = 20;

/// Nobody decides well on what was proposed so long ago.
pub const LONGEST_WAIT: TimeDelta = TimeDelta::days(30);

/// An action that a job wants to do.
#[derive(Clone, Debug, PartialEq)]
pub struct NewApproval {
    /// What is proposed, for those who decide; 1 to 4,000 characters.
    pub proposal_text: String,
    /// What is proposed, for the program that does it: see [`super::check_action`].
    pub action: Value,
    pub on_refusal: OnRefusal,
    /// How many must approve.
    pub quorum: i64,
    /// From now on; up to [`LONGEST_WAIT`].
    pub expires_in: TimeDelta,
    /// Emails of users who are asked besides the owner, up to 20.
    pub approvers: Vec<String>,
    /// Whether who proposes may vote. A program cannot allow it to itself.
    pub allows_self_vote: bool,
    /// Whether the job gives up its lease and waits.
    pub parks: bool,
}

/// Asks for approval of what a job wants to do. The job holds `lease`; if it is to wait, it no longer does so
/// when this returns.
///
/// # Errors
///
/// [`Error::JobNotFound`] if the scope has no such job, [`Error::LeaseLost`] if the lease is not its own any more,
/// and [`Error::Invalid`] for what cannot be proposed, such as a quorum that those who may vote cannot reach.
pub async fn propose(ctx: &Ctx, tx: &Tx, lease: &Lease, new: NewApproval) -> Result<Model, Error> {
    check(ctx, &new)?;
    let job = jobs::check_lease(ctx, tx, Some(ctx.scope), lease).await?;
    let approval = new_row(ctx, &job, &new)?;
    let asked = ask(ctx, tx, approval.id, &new.approvers).await?;
    check_quorum(&approval, asked.len())?;
    let row = approval.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    note_due(ctx, tx, job.id).await?;
    if new.parks {
        jobs::park(ctx, tx, Some(ctx.scope), lease).await?;
    }
    tell(ctx, tx, &approval).await?;
    let data = told(&approval);
    webhooks::announce(ctx, tx, EventType::ApprovalProposed, &data).await?;
    Ok(approval)
}

fn check(ctx: &Ctx, new: &NewApproval) -> Result<(), Error> {
    let refuse = |field, detail: String| Err(Error::Invalid { field, detail });
    let length = new.proposal_text.chars().count();
    if !(1..=LONGEST_TEXT).contains(&length) {
        let detail = format!("must have 1 to {LONGEST_TEXT} characters");
        return refuse("/proposal_text", detail);
    }
    text::check_storable("/proposal_text", &new.proposal_text)?;
    if new.expires_in <= TimeDelta::zero() || new.expires_in > LONGEST_WAIT {
        let most = LONGEST_WAIT.num_seconds();
        return refuse("/expires_in_seconds", format!("must be 1 to {most}"));
    }
    if new.approvers.len() > MOST_APPROVERS {
        return refuse(
            "/approvers",
            format!("must name no more than {MOST_APPROVERS}"),
        );
    }
    if new.allows_self_vote && ctx.actor.kind != ActorKind::User {
        let detail = "may be set by a person in a session, not by a program's token";
        return refuse("/allows_self_vote", detail.to_owned());
    }
    Ok(())
}

async fn ask(
    ctx: &Ctx,
    tx: &Tx,
    approval: ApprovalId,
    emails: &[String],
) -> Result<Vec<UserId>, Error> {
    match approvers::ask(ctx, tx, approval, emails).await {
        Ok(asked) => Ok(asked),
        Err(approvers::Error::Database(error)) => Err(error.into()),
        Err(unknown @ approvers::Error::NoSuchUser { .. }) => Err(Error::Invalid {
            field: "/approvers",
            detail: unknown.to_string(),
        }),
    }
}

fn check_quorum(approval: &Model, asked: usize) -> Result<(), Error> {
    let is_owners =
        approval.requested_by == approval.user_id && approval.requested_by_kind == ActorKind::User;
    let owner_votes = approval.allows_self_vote || !is_owners;
    let voters = asked + usize::from(owner_votes);
    let is_possible = usize::try_from(approval.quorum).is_ok_and(|n| (1..=voters).contains(&n));
    if is_possible {
        return Ok(());
    }
    let detail = format!(
        "must be 1 to the number of those who may vote, here {voters}: name approvers, or ask for less"
    );
    Err(Error::Invalid {
        field: "/quorum",
        detail,
    })
}

fn new_row(ctx: &Ctx, job: &job::Model, new: &NewApproval) -> Result<Model, Error> {
    let now = ctx.now();
    Ok(Model {
        user_id: ctx.scope,
        id: ApprovalId::new(),
        thread_id: job.thread_id,
        job_id: job.id,
        proposal_text: new.proposal_text.clone(),
        action: new.action.clone(),
        action_hash: action_hash(&new.action)?,
        status: ApprovalStatus::Pending,
        on_refusal: new.on_refusal,
        requested_by: ctx.actor.user_id.unwrap_or(ctx.scope),
        requested_by_kind: ctx.actor.kind,
        allows_self_vote: new.allows_self_vote,
        quorum: new.quorum,
        expires_at: now + new.expires_in,
        resolved_at: None,
        consumed_at: None,
        created_at: now,
        updated_at: now,
    })
}
