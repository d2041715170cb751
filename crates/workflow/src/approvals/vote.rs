use db::Tx;
use entity::{
    values::{ActorKind, ApprovalId, ApprovalStatus, UserId, VoteKind},
    workflow::{
        approval::Model,
        approval_vote::{self, Column, Entity},
    },
};
use identity::{Actor, Ctx, approvers};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use super::{
    outcome::settle,
    read::{find_and_lock, require_open},
    transition::{tell, transition},
};
use crate::{Error, text};

const LONGEST_REASON: usize = 2_000;

/// What somebody says to an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVote {
    pub vote: VoteKind,
    /// 1 to 2,000 characters; required to reject.
    pub reason: Option<String>,
}

/// Votes on a pending approval of the scope, as the actor. One who rejects decides; else as many as the quorum
/// asks for. What is decided reaches the job in the same transaction.
///
/// # Errors
///
/// [`Error::ApprovalNotFound`] if the scope has no such approval or the actor is not asked,
/// [`Error::ApprovalResolved`] and [`Error::ApprovalExpired`] if it is too late, [`Error::OwnProposal`] to who
/// proposed, [`Error::AlreadyVoted`] to who has voted, and [`Error::Invalid`] for the reason.
pub async fn vote(ctx: &Ctx, tx: &Tx, id: ApprovalId, new: NewVote) -> Result<Model, Error> {
    check(&new)?;
    let approval = find_and_lock(ctx, tx, id).await?;
    require_open(ctx, &approval)?;
    let voter = voter(ctx, tx, &approval).await?;
    let row = approval_vote::Model {
        user_id: ctx.scope,
        approval_id: id,
        voter_user_id: voter,
        voter_kind: ctx.actor.kind,
        vote: new.vote,
        reason: new.reason,
        at: ctx.now(),
    };
    let row = row.into_active_model().reset_all();
    match Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_err(db::Error::from)
    {
        Ok(_) => {}
        Err(db::Error::Duplicate(_)) => return Err(Error::AlreadyVoted { id }),
        Err(error) => return Err(error.into()),
    }
    let to = match new.vote {
        VoteKind::Reject => ApprovalStatus::Rejected,
        VoteKind::Approve if approvals(ctx, tx, id).await? >= approval.quorum => {
            ApprovalStatus::Approved
        }
        VoteKind::Approve => {
            tell(ctx, tx, &approval).await?;
            return Ok(approval);
        }
    };
    let resolved = transition(ctx, tx, &approval, to).await?;
    settle(ctx, tx, &resolved).await?;
    Ok(resolved)
}

fn check(new: &NewVote) -> Result<(), Error> {
    let refuse = |detail: String| {
        Err(Error::Invalid {
            field: "/reason",
            detail,
        })
    };
    match &new.reason {
        Some(reason) if !(1..=LONGEST_REASON).contains(&reason.chars().count()) => {
            refuse(format!("must have 1 to {LONGEST_REASON} characters"))
        }
        Some(reason) => text::check_storable("/reason", reason),
        None if new.vote == VoteKind::Reject => refuse("is required to reject".to_owned()),
        None => Ok(()),
    }
}

/// The person whose vote it is: who is asked, and did not propose.
async fn voter(ctx: &Ctx, tx: &Tx, approval: &Model) -> Result<UserId, Error> {
    let not_asked = || Error::ApprovalNotFound { id: approval.id };
    let is_known = matches!(ctx.actor.kind, ActorKind::User | ActorKind::Token);
    let voter = ctx
        .actor
        .user_id
        .filter(|_| is_known)
        .ok_or_else(not_asked)?;
    let is_asked = voter == ctx.scope
        || approvers::of_approval(ctx, tx, approval.id)
            .await?
            .contains(&voter);
    if !is_asked {
        return Err(not_asked());
    }
    if is_own_proposal(ctx.actor, voter, approval) && !approval.allows_self_vote {
        return Err(Error::OwnProposal { id: approval.id });
    }
    Ok(voter)
}

/// Four eyes are those of people: what a program proposed on somebody's behalf they may decide in person, but not
/// through a program again; what they proposed in person they may not decide in any way.
fn is_own_proposal(actor: Actor, voter: UserId, approval: &Model) -> bool {
    let was_program = approval.requested_by_kind != ActorKind::User;
    let is_person = actor.kind == ActorKind::User;
    approval.requested_by == voter && !(was_program && is_person)
}

async fn approvals(ctx: &Ctx, tx: &Tx, id: ApprovalId) -> Result<i64, Error> {
    let count = Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::ApprovalId.eq(id))
        .filter(Column::Vote.eq(VoteKind::Approve))
        .count(tx)
        .await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}
