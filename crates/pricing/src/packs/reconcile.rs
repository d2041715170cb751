//! What a reconciliation with the ledger says of a pack.

use db::hints::tell;
use entity::{
    pricing::pack,
    values::{PackStatus, Ratio},
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, ConnectionTrait, Set};

use super::{CHANGES, freeze, lock_warming, read};
use crate::Error;

/// The largest error in basis points with which books and ledger agree: 0.01 %.
pub const MOST_ERROR_BPS: Ratio = Ratio::ONE;

/// What came of one portfolio's reconciliation at a pack's prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The largest error of a value in basis points, at most [`MOST_ERROR_BPS`].
    Passed { error_bps: Ratio },
    Failed {
        /// `None` where a value could not be measured.
        error_bps: Option<Ratio>,
        /// What differs, 1 to 2,000 characters.
        message: String,
    },
}

/// Writes an outcome into a warming pack that the caller has held by [`find_and_hold`] since before it read
/// the prices. A failure freezes it as bad; of several that passed with the same content the largest error
/// counts. `reconciled_hash` of the answer is that of the content.
///
/// The pack has no error beside a failure that is not one of value, such as a quantity that differs:
/// its column holds errors above [`MOST_ERROR_BPS`] there. [`Error::NotWarming`] for a frozen pack, whose
/// row only a restatement changes.
pub async fn record_reconciliation(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
    outcome: &Outcome,
) -> Result<pack::Model, Error> {
    let pack = lock_warming(db, id).await?;
    let hash = read::hash(read::leaves(db, &pack).await?).await?;
    let known = if pack.reconciled_hash.as_deref() == Some(hash.as_str()) {
        pack.reconciliation_error_bps
    } else {
        None
    };
    let changed = match outcome {
        Outcome::Passed { error_bps } => pack::ActiveModel {
            reconciliation_passed: Set(true),
            reconciliation_error_bps: Set(known.max(Some(*error_bps))),
            reconciled_hash: Set(Some(hash)),
            updated_at: Set(ctx.now()),
            ..pack.into()
        },
        Outcome::Failed { error_bps, message } => pack::ActiveModel {
            status: Set(PackStatus::Error),
            hash: Set(Some(hash.clone())),
            reconciliation_passed: Set(false),
            reconciliation_failed: Set(true),
            reconciliation_error_bps: Set(error_bps.filter(|error| *error > MOST_ERROR_BPS)),
            reconciled_hash: Set(Some(hash)),
            error_message: Set(Some(freeze::checked_message(message)?.to_owned())),
            updated_at: Set(ctx.now()),
            ..pack.into()
        },
    };
    let changed = changed.update(db).await?;
    if changed.status != PackStatus::Warming {
        tell(db, CHANGES, &changed.id).await?;
    }
    Ok(changed)
}

/// The hash of what a pack holds now: of a frozen one that with which it was frozen.
pub async fn content_hash(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    pack: &pack::Model,
) -> Result<String, Error> {
    match &pack.hash {
        Some(hash) => Ok(hash.clone()),
        None => read::hash(read::leaves(db, pack).await?).await,
    }
}

/// The pack, and if it is warming, held until the transaction ends against every other that would fill
/// or freeze it.
pub async fn find_and_hold(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
) -> Result<pack::Model, Error> {
    let found = super::find(ctx, db, id).await?;
    if found.status != PackStatus::Warming {
        return Ok(found);
    }
    match lock_warming(db, id).await {
        // Another froze it in between.
        Err(Error::NotWarming { .. }) => super::find(ctx, db, id).await,
        held => held,
    }
}
