//! Sorting errors, once for all callers.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, SqlErr};
use sqlx::{postgres::PgDatabaseError, sqlite::SqliteError};

use super::Error;
use crate::refusal::Refusal;

pub const LOCKED_ADVICE: &str =
    "locked by another process; stop the other program that is writing to it, then try again";
pub const READ_ONLY_ADVICE: &str =
    "read-only; give this program the right to write to the file and its folder, then try again";
const READ_ONLY_SERVER_ADVICE: &str =
    "read-only: its server is a standby or was told so; use the address of the primary";
const NO_PRIMARY_ADVICE: &str = "read-only until its primary answers again; reads go on";

type Kind = fn(Arc<DbErr>) -> Error;

/// What may go away when the same is done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transient {
    /// 40001: no order of the transactions explains what they saw; or a standby's replay came in
    /// the way of a query.
    Serialization,
    /// 40P01.
    Deadlock,
    /// The connection is gone.
    Lost,
    /// 25006, 57P04: the server is not the primary any more, or never was.
    NotPrimary,
}

impl Transient {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serialization => "serialization_failure",
            Self::Deadlock => "deadlock",
            Self::Lost => "connection_lost",
            Self::NotPrimary => "not_primary",
        }
    }
}

pub(crate) fn transient(error: &sqlx::Error) -> Option<Transient> {
    match error {
        sqlx::Error::Database(refusal) => {
            refusal.try_downcast_ref::<PgDatabaseError>()?;
            let code = refusal.code()?;
            match &*code {
                "40001" => Some(Transient::Serialization),
                "40P01" => Some(Transient::Deadlock),
                "25006" => Some(Transient::NotPrimary),
                // 57P03 (starting up) and 53300 (too many) refuse connections; 57P01 and 57P02
                // end them.
                "57P01" | "57P02" | "57P03" | "53300" => Some(Transient::Lost),
                code if code.starts_with("08") => Some(Transient::Lost),
                _ => None,
            }
        }
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => None,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
            Some(Transient::Lost)
        }
        _ => None,
    }
}

pub(super) fn classify(error: &DbErr) -> Kind {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => return Error::Duplicate,
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => return Error::Referenced,
        _ => {}
    }
    let Some(source) = sqlx_source(error) else {
        return if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
            Error::Unavailable
        } else {
            Error::Other
        };
    };
    if let Some(refusal) = Refusal::find(source) {
        return classify_refusal(refusal);
    }
    if let Some(code) = sqlite_code(source) {
        return classify_sqlite(code);
    }
    match source {
        sqlx::Error::Database(refusal) => classify_sqlstate(&refusal.code().unwrap_or_default()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Error::Unavailable,
        _ => Error::Other,
    }
}

fn classify_refusal(refusal: &Refusal) -> Kind {
    match refusal {
        Refusal::Shed | Refusal::TimedOut(_) => Error::Overloaded,
        Refusal::Away(_) | Refusal::NotThereYet | Refusal::Closed => Error::Unavailable,
        Refusal::ReadOnly => Error::ReadOnly,
        Refusal::TransactionOver | Refusal::Reader => Error::Other,
    }
}

/// Primary result codes of <https://www.sqlite.org/rescode.html>.
fn classify_sqlite(code: i32) -> Kind {
    match code & 0xff {
        _ if is_busy(code) => Error::Locked,
        8 => Error::ReadOnly,
        9 => Error::TimedOut,
        10 | 14 => Error::Unavailable,
        13 => Error::StorageFull,
        19 => Error::Refused,
        _ => Error::Other,
    }
}

pub(super) fn is_busy(code: i32) -> bool {
    matches!(code & 0xff, 5 | 6)
}

/// SQLSTATE classes of PostgreSQL's appendix A.
fn classify_sqlstate(code: &str) -> Kind {
    match code {
        "25006" => Error::ReadOnly,
        "53100" => Error::StorageFull,
        "53300" => Error::Overloaded,
        "55P03" => Error::Locked,
        "57014" => Error::TimedOut,
        "40001" | "40P01" => Error::Contended,
        "23505" => Error::Duplicate,
        "23503" => Error::Referenced,
        "P0001" => Error::Refused,
        _ if code.starts_with("23") => Error::Refused,
        _ if ["08", "53", "57P"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Error::Unavailable
        }
        _ => Error::Other,
    }
}

pub(super) fn read_only_advice(error: &DbErr) -> &'static str {
    let source = sqlx_source(error);
    if source.and_then(sqlite_code).is_some() {
        READ_ONLY_ADVICE
    } else if source.and_then(Refusal::find).is_some() {
        NO_PRIMARY_ADVICE
    } else {
        READ_ONLY_SERVER_ADVICE
    }
}

pub(super) fn sqlx_source(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => Some(source),
        _ => None,
    }
}

pub(crate) fn sqlstate_of(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let refusal = error.as_database_error()?;
    refusal.try_downcast_ref::<SqliteError>()?;
    refusal.code()?.parse().ok()
}

/// SQLite says `UNIQUE constraint failed: lots.id, lots.date`.
pub(super) fn constraint_of(error: &DbErr) -> Option<String> {
    let refusal = sqlx_source(error)?.as_database_error()?;
    if refusal.try_downcast_ref::<SqliteError>().is_some() {
        let message = refusal.message();
        return message
            .split_once("constraint failed: ")
            .map(|(_, columns)| columns.to_owned());
    }
    refusal.constraint().map(ToOwned::to_owned)
}
