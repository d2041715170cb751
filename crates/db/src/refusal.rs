//! Why a statement was never sent.

use std::{sync::Arc, time::Duration};

use sea_orm::{DbErr, RuntimeErr};

/// Said through sea-orm's error type, and found in it again when errors are sorted.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("too many wait for a database connection already")]
    Shed,
    #[error("no database connection became free within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the database cannot be reached: {0}")]
    Away(Arc<sqlx::Error>),
    #[error("the database cannot be reached yet")]
    NotThereYet,
    #[error("the database takes no writes now; reads go on")]
    ReadOnly,
    #[error("the database was closed by this program")]
    Closed,
    #[error("the transaction has ended, or one of its statements was abandoned")]
    TransactionOver,
    #[error("a reader only reads; use the database's write side")]
    Reader,
}

impl From<Refusal> for DbErr {
    fn from(refusal: Refusal) -> Self {
        connection_error(sqlx::Error::AnyDriverError(Box::new(refusal)))
    }
}

impl Refusal {
    pub fn find(error: &sqlx::Error) -> Option<&Self> {
        match error {
            sqlx::Error::AnyDriverError(inner) => inner.downcast_ref(),
            _ => None,
        }
    }
}

pub(crate) fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

pub(crate) fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

pub(crate) fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}
