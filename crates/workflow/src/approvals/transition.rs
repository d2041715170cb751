//! The one place where an approval's status changes.

use chrono::{DateTime, Utc};
use db::Tx;
use entity::{
    values::{
        ApprovalStatus::{
            self, Approved, Canceled, Consumed, Expired, Pending, Rejected, Superseded,
        },
        StreamEventKind,
    },
    workflow::approval::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};

use crate::{
    Error, stream,
    webhooks::{self, EventType},
};

/// Whether `to` may come after `from`: this is all that may ever happen to an approval.
pub fn follows(from: ApprovalStatus, to: ApprovalStatus) -> bool {
    matches!(
        (from, to),
        (
            Pending,
            Approved | Rejected | Superseded | Expired | Canceled
        ) | (Approved, Consumed)
    )
}

/// Changes the status, and tells the thread's stream and, of a resolution, the owner's webhooks. The thread's
/// queue is locked.
///
/// # Errors
///
/// [`Error::ApprovalResolved`] where `to` may not follow.
pub(super) async fn transition(
    ctx: &Ctx,
    tx: &Tx,
    approval: &Model,
    to: ApprovalStatus,
) -> Result<Model, Error> {
    let refusal = || Error::ApprovalResolved {
        id: approval.id,
        status: approval.status,
    };
    if !follows(approval.status, to) {
        return Err(refusal());
    }
    let changed = changed(approval, to, ctx.now());
    let update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(changed.status))
        .col_expr(Column::ResolvedAt, Expr::value(changed.resolved_at))
        .col_expr(Column::ConsumedAt, Expr::value(changed.consumed_at))
        .col_expr(Column::UpdatedAt, Expr::value(changed.updated_at))
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Id.eq(approval.id))
        .filter(Column::Status.eq(approval.status));
    if update.exec(tx).await?.rows_affected != 1 {
        return Err(refusal());
    }
    tell(ctx, tx, &changed).await?;
    if to != Consumed {
        let data = told(&changed);
        webhooks::announce(ctx, tx, EventType::ApprovalResolved, &data).await?;
    }
    Ok(changed)
}

fn changed(approval: &Model, to: ApprovalStatus, now: DateTime<Utc>) -> Model {
    let is_consumed = to == Consumed;
    Model {
        status: to,
        resolved_at: approval.resolved_at.or(Some(now)),
        consumed_at: is_consumed.then_some(now).or(approval.consumed_at),
        updated_at: now,
        ..approval.clone()
    }
}

/// Tells the thread's stream how an approval stands.
pub(super) async fn tell(ctx: &Ctx, tx: &Tx, approval: &Model) -> Result<(), Error> {
    let kind = StreamEventKind::Approval;
    stream::publish(ctx, tx, approval.thread_id, kind, told(approval)).await?;
    Ok(())
}

/// What streams and webhooks say of an approval: enough to decide whether to look at it, and not the action,
/// which is for those who may read it.
pub(super) fn told(approval: &Model) -> Value {
    json!({
        "approval_id": approval.id,
        "thread_id": approval.thread_id,
        "job_id": approval.job_id,
        "status": approval.status,
        "proposal_text": approval.proposal_text,
        "action_hash": approval.action_hash,
        "quorum": approval.quorum,
        "expires_at": approval.expires_at,
        "resolved_at": approval.resolved_at,
        "consumed_at": approval.consumed_at,
    })
}

#[cfg(test)]
mod tests {
    use entity::values::ApprovalStatus as Status;
    use sea_orm::Iterable;

    use super::follows;

    #[test]
    fn an_approval_is_resolved_once_and_consumed_once() {
        let allowed: Vec<(Status, Status)> = Status::iter()
            .flat_map(|from| Status::iter().map(move |to| (from, to)))
            .filter(|(from, to)| follows(*from, *to))
            .collect();
        assert_eq!(
            allowed,
            [
                (Status::Pending, Status::Approved),
                (Status::Pending, Status::Rejected),
                (Status::Pending, Status::Superseded),
                (Status::Pending, Status::Expired),
                (Status::Pending, Status::Canceled),
                (Status::Approved, Status::Consumed),
            ]
        );
    }
}
