use entity::{pricing::pack, values::PackStatus};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, ConnectionTrait, Set};

use super::{lock_warming, read};
use crate::Error;

const LONGEST_MESSAGE: usize = 2_000;

/// Freezes a warming pack as good: computes the hash of its content and marks it `fresh`.
///
/// `prewarm_done` becomes true with it: nothing is computed from a pack in advance, so there is
/// nothing left to wait for. [`Error::NotWarming`] for a frozen pack, [`Error::Empty`] for one
/// without rows.
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
    let fresh = pack::ActiveModel {
        status: Set(PackStatus::Fresh),
        is_fresh: Set(true),
        prewarm_done: Set(true),
        hash: Set(Some(leaves.hash())),
        updated_at: Set(ctx.now()),
        ..pack.into()
    };
    Ok(fresh.update(db).await?)
}

/// Freezes a warming pack as bad, with what is wrong with it. Its content is hashed and frozen as
/// that of a fresh pack is, so that what was wrong can be looked at later; it may be empty.
pub async fn mark_error(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
    message: &str,
) -> Result<pack::Model, Error> {
    let message = checked_message(message)?;
    let pack = lock_warming(db, id).await?;
    let hash = read::leaves(db, &pack).await?.hash();
    let failed = pack::ActiveModel {
        status: Set(PackStatus::Error),
        hash: Set(Some(hash)),
        error_message: Set(Some(message.to_owned())),
        updated_at: Set(ctx.now()),
        ..pack.into()
    };
    Ok(failed.update(db).await?)
}

fn checked_message(message: &str) -> Result<&str, Error> {
    let message = message.trim();
    let refuse = |detail: String| {
        Err(Error::Invalid {
            field: "/message",
            detail,
        })
    };
    match message.chars().count() {
        0 => refuse("say what is wrong with the pack".to_owned()),
        LONGEST_MESSAGE.. if message.chars().nth(LONGEST_MESSAGE).is_some() => refuse(format!(
            "the message is longer than {LONGEST_MESSAGE} characters"
        )),
        _ if message.contains('\0') => {
            refuse("the message holds the character U+0000, which cannot be stored".to_owned())
        }
        _ => Ok(message),
    }
}
