use db::hints::tell;
use entity::{pricing::pack, values::PackStatus};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, ConnectionTrait, Set};

use super::{CHANGES, adjustments, checked_text, lock_warming, read, restate};
use crate::Error;

const LONGEST_MESSAGE: usize = 2_000;

/// Freezes a warming pack as good: computes the hash of its content and marks it `fresh`.
///
/// `prewarm_done` becomes true with it: nothing is computed from a pack in advance, so there is
/// nothing left to wait for. A restatement takes the place of the pack that it restates with it.
/// [`Error::NotWarming`] for a frozen pack, [`Error::Empty`] for one without rows,
/// [`Error::MixedAdjustments`] for one whose prices are not all adjusted for the same.
pub async fn mark_fresh(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
) -> Result<pack::Model, Error> {
    let pack = lock_warming(db, id).await?;
    let leaves = read::leaves(db, &pack).await?;
    if leaves.rows() == 0 {
        return Err(Error::Empty { id: pack.id });
    }
    adjustments::require_one(db, id).await?;
    let hash = read::hash(leaves).await?;
    let now = ctx.now();
    let reconciled = Reconciled::with(&pack, &hash);
    if let Some(restated) = &pack.restates {
        restate::step_aside(db, &pack, restated, now).await?;
    }
    let fresh = pack::ActiveModel {
        status: Set(PackStatus::Fresh),
        is_fresh: Set(true),
        prewarm_done: Set(true),
        hash: Set(Some(hash)),
        superseded_by: Set(None),
        updated_at: Set(now),
        ..pack.into()
    };
    let fresh = reconciled.applied_to(fresh).update(db).await?;
    tell(db, CHANGES, &fresh.id).await?;
    Ok(fresh)
}

/// Freezes a warming pack as bad, with what is wrong with it. Its content is hashed and frozen as
/// that of a fresh pack is, so that what was wrong can be looked at later; it may be empty. A
/// restatement that fails leaves the pack that it restates where it is.
pub async fn mark_error(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
    message: &str,
) -> Result<pack::Model, Error> {
    let message = checked_message(message)?;
    let pack = lock_warming(db, id).await?;
    let hash = read::hash(read::leaves(db, &pack).await?).await?;
    let reconciled = Reconciled::with(&pack, &hash);
    let failed = pack::ActiveModel {
        status: Set(PackStatus::Error),
        hash: Set(Some(hash)),
        error_message: Set(Some(message.to_owned())),
        updated_at: Set(ctx.now()),
        ..pack.into()
    };
    let failed = reconciled.applied_to(failed).update(db).await?;
    tell(db, CHANGES, &failed.id).await?;
    Ok(failed)
}

/// What is wrong with a pack, as it can be kept with it.
pub(super) fn checked_message(message: &str) -> Result<&str, Error> {
    checked_text("/message", "message", message, LONGEST_MESSAGE)
}

/// Whether a reconciliation of the pack still speaks of what it holds.
enum Reconciled {
    AsItIs,
    WithOtherContent,
}

impl Reconciled {
    fn with(pack: &pack::Model, hash: &str) -> Self {
        match &pack.reconciled_hash {
            Some(reconciled) if reconciled != hash => Self::WithOtherContent,
            _ => Self::AsItIs,
        }
    }

    /// What was loaded after a reconciliation has passed none.
    fn applied_to(self, pack: pack::ActiveModel) -> pack::ActiveModel {
        match self {
            Self::AsItIs => pack,
            Self::WithOtherContent => pack::ActiveModel {
                reconciliation_passed: Set(false),
                reconciliation_error_bps: Set(None),
                reconciled_hash: Set(None),
                ..pack
            },
        }
    }
}
