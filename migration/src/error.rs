use std::time::Duration;

use sea_orm_migration::DbErr;

/// Why the schema is not, or could not be made, what this program needs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the database is not migrated: {pending} of {known} migrations are missing; run \
         `tallystick migrate up`"
    )]
    Pending { pending: usize, known: usize },
    #[error(
        "the database is newer than this program: it holds migration {version}, which this \
         program does not know; use the newer program"
    )]
    Newer { version: String },
    #[error(
        "migration {version} was applied to the database, but is missing from this program; \
         restore its file, or take it back with the program that knows it"
    )]
    Missing { version: String },
    #[error(
        "migration {version} was edited after it was applied; restore its text and put the change \
         into a new migration. If the database was changed by hand to match, \
         `tallystick migrate stamp {version}` accepts the text as it is"
    )]
    Edited { version: String },
    #[error(
        "migration {version} is in the database without a record of what was applied; look with \
         `tallystick migrate check`, then accept it with `tallystick migrate stamp {version}`"
    )]
    Unrecorded { version: String },
    #[error(
        "migration {version} ran outside of a transaction and did not end; \
         `tallystick migrate up` finishes it"
    )]
    Dirty { version: String },
    #[error(
        "migration {version} comes before {newest}, which is applied already; give it a name that \
         comes later, or take {newest} back first"
    )]
    OutOfOrder { version: String, newest: String },
    #[error(
        "migration {version} contracts: programs older than this one cannot live with it. Stop \
         them, then run `tallystick migrate up --contract`"
    )]
    Contracting { version: String },
    #[error("migration {version} cannot be taken back: {reason}")]
    Irreversible { version: String, reason: String },
    #[error("there is no migration to take back")]
    NothingApplied,
    #[error("no migration is called {text:?}; `tallystick migrate status` lists them")]
    NoSuchVersion { text: String },
    #[error("{text:?} may be {first} or {second}; give more of the name")]
    Ambiguous {
        text: String,
        first: String,
        second: String,
    },
    #[error("migration {version} cannot be read without a database: {reason}")]
    NotRecorded { version: String, reason: String },
    #[error(
        "migration {version} failed at statement {number} of {of}, and nothing of it is kept: \
         {source} (`{statement}`)"
    )]
    Statement {
        version: String,
        number: usize,
        of: usize,
        statement: String,
        source: db::Error,
    },
    #[error(
        "migration {version} stopped at statement {number} of {of}: {source} (`{statement}`). It \
         runs outside of a transaction, so that what came before is kept; `tallystick migrate up` \
         goes on with it"
    )]
    StatementOutside {
        version: String,
        number: usize,
        of: usize,
        statement: String,
        source: db::Error,
    },
    #[error(
        "migration {version} found no moment without a long transaction in its way, in {} s and \
         {attempts} attempts; nothing of it is kept.{holders} Try again when they have ended, or \
         give it longer with --patience",
        waited.as_secs()
    )]
    LockedOut {
        version: String,
        attempts: u32,
        waited: Duration,
        holders: String,
    },
    #[error(
        "another program has been migrating this database for {} s; try again when it has ended",
        waited.as_secs()
    )]
    Busy { waited: Duration },
    #[error(
        "another program took over the migration of this database, since this one had lost its \
         connection; look with `tallystick migrate status`"
    )]
    LockLost,
    #[error(
        "after migration {version}, {rows} rows name others that are not there (the first in table \
         {table}); nothing of it is kept"
    )]
    BrokenReferences {
        version: String,
        rows: usize,
        table: String,
    },
    #[error(
        "this role may not read the version of the schema: either the database is not migrated, then \
         run `tallystick migrate up` as its owner, or the role is no member of tallystick_app \
         (docs/configuration.md, \"Roles\")"
    )]
    NoAccess,
    #[error("{0}")]
    File(String),
    #[error("the migrations could not be run: {0}")]
    Database(#[from] db::Error),
}

impl Error {
    /// The migration that failed.
    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Self::Statement { version, .. } => Some(version),
            _ => None,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Database(error.into())
    }
}
