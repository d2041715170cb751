//! What can go wrong between the program and its database, in words for its operator.

mod classify;
mod connect;

use std::sync::Arc;

use sea_orm::DbErr;

pub(crate) use classify::{Transient, sqlite_code, sqlstate_of, transient};
pub use connect::ConnectError;

use crate::refusal::Refusal;

/// A unit of work failed in the database, sorted by what its caller can do about it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The server is away: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Arc<DbErr>),
    /// More is asked of the database than it can do: try again later.
    #[error("the database is overloaded: {0}")]
    Overloaded(#[source] Arc<DbErr>),
    /// The connection was lost while the server was committing: it may have, or not.
    #[error(
        "the connection was lost during the commit, so that its outcome is unknown: look whether \
         the work was done before it is sent again ({0})"
    )]
    OutcomeUnknown(#[source] Arc<DbErr>),
    /// Others wanted the same rows, again and again.
    #[error("other transactions came in the way each time: {0}")]
    Contended(#[source] Arc<DbErr>),
    /// One statement took longer than any may.
    #[error("a statement was ended at its time limit: {0}")]
    TimedOut(#[source] Arc<DbErr>),
    #[error("the database is {}", classify::LOCKED_ADVICE)]
    Locked(#[source] Arc<DbErr>),
    #[error("the database is {}", classify::read_only_advice(.0))]
    ReadOnly(#[source] Arc<DbErr>),
    #[error("there is no room left for the database; free some on its disk, then try again")]
    StorageFull(#[source] Arc<DbErr>),
    /// A row with this key is already there.
    #[error("{0}")]
    Duplicate(#[source] Arc<DbErr>),
    /// The row names one that is not there, or is itself named by another.
    #[error("{0}")]
    Referenced(#[source] Arc<DbErr>),
    /// A trigger or check of the schema refused the change.
    #[error("{0}")]
    Refused(#[source] Arc<DbErr>),
    /// Of many rows, this one cannot be stored; the first has number 1.
    #[error("row {number}: {source}")]
    Row { number: u64, source: Box<Self> },
    /// The unit of work panicked or outlived its transaction: a fault of the program.
    #[error("the unit of work did not end properly: {0}")]
    Unfinished(String),
    #[error("{0}")]
    Other(#[source] Arc<DbErr>),
}

impl Error {
    /// Whether the same request may succeed later without being changed.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Overloaded(_)
                | Self::Contended(_)
                | Self::TimedOut(_)
                | Self::Locked(_)
        )
    }

    /// Whether a row breaks the unique constraint or index of this name. SQLite names columns
    /// instead: there `constraint` is also met as `table.column`, or as a list of them.
    pub fn is_unique_violation(&self, constraint: &str) -> bool {
        matches!(self.without_row(), Self::Duplicate(_))
            && self.constraint().is_some_and(|name| name == constraint)
    }

    /// The broken constraint's name, or on SQLite its columns (`lots.id`).
    pub fn constraint(&self) -> Option<String> {
        classify::constraint_of(self.source_error()?)
    }

    /// Whether the transaction could not be made to look as if it had run alone (40001).
    pub fn is_serialization_failure(&self) -> bool {
        self.sqlstate().as_deref() == Some("40001")
    }

    pub fn is_deadlock(&self) -> bool {
        self.sqlstate().as_deref() == Some("40P01")
    }

    pub fn is_connection_lost(&self) -> bool {
        self.source_error()
            .and_then(classify::sqlx_source)
            .is_some_and(|error| transient(error) == Some(Transient::Lost))
    }

    /// PostgreSQL's code for what happened (appendix A of its manual), or SQLite's result code.
    pub fn sqlstate(&self) -> Option<String> {
        sqlstate_of(classify::sqlx_source(self.source_error()?)?)
    }

    fn source_error(&self) -> Option<&DbErr> {
        match self {
            Self::Unavailable(error)
            | Self::Overloaded(error)
            | Self::OutcomeUnknown(error)
            | Self::Contended(error)
            | Self::TimedOut(error)
            | Self::Locked(error)
            | Self::ReadOnly(error)
            | Self::StorageFull(error)
            | Self::Duplicate(error)
            | Self::Referenced(error)
            | Self::Refused(error)
            | Self::Other(error) => Some(error),
            Self::Row { source, .. } => source.source_error(),
            Self::Unfinished(_) => None,
        }
    }

    /// What is wrong with the row, where this names one.
    pub fn without_row(&self) -> &Self {
        match self {
            Self::Row { source, .. } => source.without_row(),
            error => error,
        }
    }

    /// Whether the data are at fault, rather than the statement or what is around it.
    pub(crate) fn is_about_a_row(&self) -> bool {
        match self {
            Self::Duplicate(_) | Self::Referenced(_) | Self::Refused(_) => true,
            Self::Other(_) => self.sqlstate().is_some_and(|code| {
                // Class 22; SQLite's TOOBIG and MISMATCH.
                code.len() == 5 && code.starts_with("22") || matches!(&*code, "18" | "20")
            }),
            _ => false,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let kind = classify::classify(&error);
        kind(Arc::new(error))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        DbErr::from(refusal).into()
    }
}
