//! The messages of a thread, from its end backwards, in pages that can be turned both ways.

use db::ConnectionTrait;
use entity::{
    values::ThreadId,
    workflow::message::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::shown;
use crate::{
    Error,
    search::{self, Sought},
};

/// On which side of a known message's number a page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Before(i64),
    After(i64),
}

/// Messages that follow each other, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub messages: Vec<Model>,
    /// Where older ones are, if there are any.
    pub older: Option<Side>,
    /// Where newer ones are, or will be.
    pub newer: Side,
}

/// At most `limit` messages of a thread beside a known one; without `side`, the newest. With `sought`, those that
/// have these words.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    thread: ThreadId,
    sought: Option<&Sought>,
    side: Option<Side>,
    limit: u64,
) -> Result<Slice, Error> {
    let query = match sought {
        Some(sought) => search::of(ctx, sought, Some(thread)),
        None => Entity::find().filter(Column::UserId.eq(ctx.scope)),
    };
    let query = query.filter(Column::ThreadId.eq(thread));
    let query = match side {
        None => query.order_by_desc(Column::Seq),
        Some(Side::Before(seq)) => query.filter(Column::Seq.lt(seq)).order_by_desc(Column::Seq),
        Some(Side::After(seq)) => query.filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq),
    };
    let found = query.limit(limit.saturating_add(1)).all(db).await?;
    Ok(slice(found, side, limit))
}

/// One message more than wanted tells whether there are others on that side.
fn slice(mut found: Vec<Model>, side: Option<Side>, limit: u64) -> Slice {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    found.truncate(limit);
    let goes_up = matches!(side, Some(Side::After(_)));
    if goes_up {
        found.reverse();
    }
    let known = match side {
        Some(Side::Before(seq) | Side::After(seq)) => seq,
        None => 0,
    };
    let first = found.first().map(|message| message.seq);
    let last = found.last().map(|message| message.seq);
    let newer = match (first, side) {
        (Some(seq), _) => Side::After(seq),
        // Nothing is before the known one; it may be found itself again.
        (None, Some(Side::Before(_))) => Side::After(known.saturating_sub(1)),
        (None, _) => Side::After(known),
    };
    let older = if goes_up {
        // The known one is older than what is here.
        Some(Side::Before(
            last.unwrap_or_else(|| known.saturating_add(1)),
        ))
    } else {
        last.filter(|_| has_more).map(Side::Before)
    };
    Slice {
        messages: found.into_iter().map(shown).collect(),
        older: older.filter(|side| *side != Side::Before(1)),
        newer,
    }
}
