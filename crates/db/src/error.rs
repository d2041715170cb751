//! What can go wrong between the program and its database, in words for its operator.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sea_orm::{DbErr, RuntimeErr, SqlErr};
use sqlx::postgres::PgConnectOptions;

use crate::{AddressError, Host};

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(
        "DATABASE_URL must begin with sqlite://, postgres:// or postgresql://, for example \
         sqlite://data/tallystick.db"
    )]
    UnknownScheme,
    #[error("DATABASE_URL cannot be read: {source}")]
    InvalidUrl { source: sqlx::Error },
    #[error("the database's address cannot be used: {0}")]
    Address(#[from] AddressError),
    #[error(
        "the remote PostgreSQL server {host} could be impersonated; write sslmode=verify-full, and \
         sslrootcert=FILE where its authority is one of your own"
    )]
    UnverifiedServer { host: Host },
    #[error("the folder {} cannot be made: {source}; make it, or point DATABASE_URL elsewhere", path.display())]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}", sqlite_advice(path, source))]
    Sqlite { path: PathBuf, source: sqlx::Error },
    #[error(
        "PostgreSQL at {host}:{port} (database `{database}`) cannot be used: {source}; check that \
         it runs, and the address, name and password in DATABASE_URL"
    )]
    Postgres {
        host: String,
        port: u16,
        database: String,
        source: sqlx::Error,
    },
}

impl ConnectError {
    pub(crate) fn sqlite(path: &Path, source: sqlx::Error) -> Self {
        Self::Sqlite {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn postgres(options: &PgConnectOptions, source: sqlx::Error) -> Self {
        Self::Postgres {
            host: options.get_host().to_owned(),
            port: options.get_port(),
            database: options
                .get_database()
                .unwrap_or("(the user's own)")
                .to_owned(),
            source,
        }
    }
}

fn sqlite_advice(path: &Path, source: &sqlx::Error) -> String {
    let file = path.display();
    match sqlite_code(source) {
        Some(code) if is_busy(code) => format!("the database {file} is {LOCKED_ADVICE}"),
        Some(code) if code & 0xff == 8 => format!("the database {file} is {READ_ONLY_ADVICE}"),
        Some(26) => format!("{file} is not an SQLite database; point DATABASE_URL at another file"),
        _ => format!(
            "the database {file} cannot be opened: {source}; check that the folder exists and may \
             be written to"
        ),
    }
}

const LOCKED_ADVICE: &str =
    "locked by another process; stop the other program that is writing to it, then try again";
const READ_ONLY_ADVICE: &str =
    "read-only; give this program the right to write to the file and its folder, then try again";

const READ_ONLY_SERVER_ADVICE: &str =
    "read-only: its server is a standby or was told so; use the address of the primary";

fn read_only_advice(error: &DbErr) -> &'static str {
    match sqlx_source(error).and_then(sqlite_code) {
        Some(_) => READ_ONLY_ADVICE,
        None => READ_ONLY_SERVER_ADVICE,
    }
}

/// A unit of work failed in the database, sorted by what its caller can do about it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// No connection within the time allowed, or the server is away: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Arc<DbErr>),
    #[error("the database is {LOCKED_ADVICE}")]
    Locked(#[source] Arc<DbErr>),
    #[error("the database is {}", read_only_advice(.0))]
    ReadOnly(#[source] Arc<DbErr>),
    /// A row with this key is already there.
    #[error("{0}")]
    Duplicate(#[source] Arc<DbErr>),
    /// The row names one that is not there, or is itself named by another.
    #[error("{0}")]
    Referenced(#[source] Arc<DbErr>),
    /// A trigger or check of the schema refused the change.
    #[error("{0}")]
    Refused(#[source] Arc<DbErr>),
    /// The unit of work panicked or outlived its transaction: a fault of the program.
    #[error("the unit of work did not end properly: {0}")]
    Unfinished(String),
    #[error("{0}")]
    Other(#[source] Arc<DbErr>),
}

impl Error {
    /// Whether the same request may succeed later without being changed.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Locked(_))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let kind = classify(&error);
        kind(Arc::new(error))
    }
}

fn classify(error: &DbErr) -> fn(Arc<DbErr>) -> Error {
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

/// Primary result codes of <https://www.sqlite.org/rescode.html>.
fn classify_sqlite(code: i32) -> fn(Arc<DbErr>) -> Error {
    match code & 0xff {
        _ if is_busy(code) => Error::Locked,
        8 => Error::ReadOnly,
        10 | 13 | 14 => Error::Unavailable,
        19 => Error::Refused,
        _ => Error::Other,
    }
}

fn is_busy(code: i32) -> bool {
    matches!(code & 0xff, 5 | 6)
}

/// SQLSTATE classes of PostgreSQL's appendix A.
fn classify_sqlstate(code: &str) -> fn(Arc<DbErr>) -> Error {
    match code {
        "25006" => Error::ReadOnly,
        "55P03" => Error::Locked,
        // Lost against another transaction: the same request may succeed at once.
        "40001" | "40P01" => Error::Unavailable,
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

fn sqlx_source(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => Some(source),
        _ => None,
    }
}

fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let refusal = error.as_database_error()?;
    refusal.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    refusal.code()?.parse().ok()
}
