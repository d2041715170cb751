//! What is wrong with a log, as far as its rows can tell.

use db::Tx;
use entity::identity::audit_entry::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    seal::seal,
    verify::{Found, Place, Row, find_row},
};

/// The first place where a log is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("row {seq} was edited: its hash is not that of its content")]
    Edited { seq: i64 },
    #[error("the rows {seq} to {last} are missing: they were deleted")]
    Deleted { seq: i64, last: i64 },
    #[error("the rows were reordered: what was written as row {seq} stands at {stands_at}")]
    Reordered { seq: i64, stands_at: i64 },
    #[error("row {seq} was inserted: what follows row {} stands behind it", seq - 1)]
    Inserted { seq: i64 },
    #[error(
        "row {seq} does not follow row {}: one of the two was replaced, or rows between them were \
         deleted and the rest numbered anew",
        seq - 1
    )]
    Detached { seq: i64 },
    #[error(
        "the log ends at row {}, although it had {known} rows: the rest was cut off",
        seq - 1
    )]
    Truncated { seq: i64, known: i64 },
    #[error(
        "row {seq} has another hash than the head that was kept: it, or rows before it, were written \
         anew with all their hashes"
    )]
    Rewritten { seq: i64 },
    #[error(
        "audit_heads does not name the last row, {seq}: it was edited, or rows were added behind its \
         back"
    )]
    HeadDiffers { seq: i64 },
}

impl Fault {
    /// A stable word for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Edited { .. } => "edited",
            Self::Deleted { .. } => "deleted",
            Self::Reordered { .. } => "reordered",
            Self::Inserted { .. } => "inserted",
            Self::Detached { .. } => "detached",
            Self::Truncated { .. } => "truncated",
            Self::Rewritten { .. } => "rewritten",
            Self::HeadDiffers { .. } => "head_differs",
        }
    }

    /// The number of the first row in question.
    pub fn seq(&self) -> i64 {
        match self {
            Self::Edited { seq }
            | Self::Deleted { seq, .. }
            | Self::Reordered { seq, .. }
            | Self::Inserted { seq }
            | Self::Detached { seq }
            | Self::Truncated { seq, .. }
            | Self::Rewritten { seq }
            | Self::HeadDiffers { seq } => *seq,
        }
    }
}

/// Why `found` is not the row after `place`.
pub(super) async fn diagnose(tx: &Tx, place: &Place, found: &Found) -> Result<Fault, db::Error> {
    let seq = place.head.seq + 1;
    if found.seq < seq {
        return Ok(Fault::Inserted { seq: found.seq });
    }
    let stands_at = stands_elsewhere(tx, place).await?;
    if found.seq > seq {
        let last = found.seq - 1;
        return Ok(
            stands_at.map_or(Fault::Deleted { seq, last }, |stands_at| Fault::Reordered {
                seq,
                stands_at,
            }),
        );
    }
    let Row::Readable(row) = &found.row else {
        return Ok(Fault::Edited { seq });
    };
    let follows = row.prev_hash == place.head.hash;
    if follows || seal(&place.head.hash, row).as_ref() == Some(&row.hash) {
        return Ok(Fault::Edited { seq });
    }
    if let Some(stands_at) = stands_at {
        return Ok(if is_a_hash(tx, &row.prev_hash).await? {
            Fault::Reordered { seq, stands_at }
        } else {
            Fault::Inserted { seq }
        });
    }
    Ok(if place.prev_hash.as_ref() == Some(&row.prev_hash) {
        Fault::Inserted { seq: seq - 1 }
    } else {
        Fault::Detached { seq }
    })
}

/// Where the row that was written after `place` stands, if it is there with another number.
async fn stands_elsewhere(tx: &Tx, place: &Place) -> Result<Option<i64>, db::Error> {
    let successor = Column::PrevHash.eq(&place.head.hash);
    let Some(Found { seq, row }) = find_row(tx, successor).await? else {
        return Ok(None);
    };
    let Row::Readable(row) = row else {
        return Ok(None);
    };
    let as_written = Model {
        seq: place.head.seq + 1,
        ..*row.clone()
    };
    let is_it = seal(&place.head.hash, &as_written).as_ref() == Some(&row.hash);
    Ok((is_it && seq != as_written.seq).then_some(seq))
}

async fn is_a_hash(tx: &Tx, hash: &str) -> Result<bool, db::Error> {
    let of = Entity::find().filter(Column::Hash.eq(hash));
    Ok(db::query::count(tx, of).await? > 0)
}
