//! What one caller has written, and may read from where.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::position::Position;

/// Where a caller's reads may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reads {
    /// To the primary: what is read decides about a write.
    #[default]
    Primary,
    /// To a replica that is not far behind, and has all that the caller has seen.
    Replica,
}

/// Kept for one caller: a request, a job, a command.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub reads: Reads,
    seen: AtomicU64,
}

impl Session {
    pub fn new(reads: Reads, seen: Option<Position>) -> Self {
        Self {
            reads,
            seen: AtomicU64::new(seen.map_or(0, Into::into)),
        }
    }

    /// The furthest place in the primary's log that the caller knows of.
    pub fn seen(&self) -> Position {
        self.seen.load(Ordering::Relaxed).into()
    }

    /// Notes what the server answered to the question for its position.
    pub fn note_answer(&self, answer: Option<String>) {
        let position = answer.and_then(|text| text.parse::<Position>().ok());
        if let Some(position) = position {
            self.seen.fetch_max(position.into(), Ordering::Relaxed);
        }
    }
}
