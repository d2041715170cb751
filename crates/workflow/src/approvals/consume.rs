use db::Tx;
use entity::{
    values::{ApprovalId, ApprovalStatus},
    workflow::approval::Model,
};
use identity::Ctx;
use sea_orm::prelude::Uuid;

use super::{action, read::find_and_lock, transition::transition};
use crate::{
    Error,
    jobs::{self, Lease},
};

/// Takes an approval, once and for all, by the job that asked for it and while it runs: whoever gets it back is
/// the only one who may do the action, and `action` in it is what was approved.
///
/// What happens between this and the action itself is not known to anybody: a worker that breaks off there has
/// used the approval up.
///
/// # Errors
///
/// [`Error::ApprovalNotFound`] if the scope has none such, [`Error::LeaseLost`] if the job does not run under this
/// lease, [`Error::ApprovalPending`], [`Error::ApprovalConsumed`], [`Error::ApprovalResolved`] and
/// [`Error::ApprovalExpired`] by where it stands, and [`Error::ActionChanged`] if `action_hash` is not that of
/// what was approved.
pub async fn consume(
    ctx: &Ctx,
    tx: &Tx,
    id: ApprovalId,
    (token, attempt): (Uuid, i64),
    action_hash: &str,
) -> Result<Model, Error> {
    let approval = find_and_lock(ctx, tx, id).await?;
    let lease = Lease {
        job: approval.job_id,
        token,
        attempt,
    };
    jobs::check_lease(ctx, tx, Some(ctx.scope), &lease).await?;
    require_approved(&approval)?;
    if approval.expires_at <= ctx.now() {
        return Err(Error::ApprovalExpired { id });
    }
    // The row itself may have been changed by other hands.
    let is_same = approval.action_hash == action_hash
        && action::hash(&approval.action)? == approval.action_hash;
    if !is_same {
        return Err(Error::ActionChanged { id });
    }
    transition(ctx, tx, &approval, ApprovalStatus::Consumed).await
}

fn require_approved(approval: &Model) -> Result<(), Error> {
    let id = approval.id;
    match approval.status {
        ApprovalStatus::Approved => Ok(()),
        ApprovalStatus::Pending => Err(Error::ApprovalPending { id }),
        ApprovalStatus::Consumed => Err(Error::ApprovalConsumed { id }),
        ApprovalStatus::Expired => Err(Error::ApprovalExpired { id }),
        status => Err(Error::ApprovalResolved { id, status }),
    }
}
