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
         `tallystick migrate stamp --only {version}` accepts the text as it is"
    )]
    Edited { version: String },
    #[error(
        "migration {version} is in the database without a record of what was applied; look with \
         `tallystick migrate check`, then accept it with `tallystick migrate stamp --only {version}`"
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
         {} (`{statement}`)",
        said(source)
    )]
    Statement {
        version: String,
        number: usize,
        of: usize,
        statement: String,
        source: db::Error,
    },
    #[error(
        "migration {version} stopped at statement {number} of {of}: {} (`{statement}`). It \
         runs outside of a transaction, so that what came before is kept; `tallystick migrate up` \
         goes on with it",
        said(source)
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
        "another program has been migrating or writing to this database for {} s; try again when it \
         has ended",
        waited.as_secs()
    )]
    Busy { waited: Duration },
    #[error(
        "another program changed the versions meanwhile, and nothing was done; look with `tallystick \
         migrate status`"
    )]
    Overtaken,
    #[error(
        "migration {version} broke off: {}. Look with `tallystick migrate status`, then run it again",
        said(source)
    )]
    BrokeOff { version: String, source: db::Error },
    #[error(
        "{asked} migrations are more than the {held} that can be taken back; give fewer, or `base`"
    )]
    TooMany { asked: usize, held: usize },
    #[error(
        "the record says that migration {version} is applied, but seaql_migrations does not hold it; \
         look with `tallystick migrate check`, then say which is true: `tallystick migrate stamp --only \
         {version}` that it is applied"
    )]
    Lost { version: String },
    #[error(
        "{later} is applied, and comes after {version}: say --undo-later to declare it and all that \
         come after {version} not applied, or --only to declare nothing but {version}"
    )]
    LaterApplied { version: String, later: String },
    #[error(
        "database.owner_url leads to {owner} and database.url to {service}, which is another database; \
         both must be the same"
    )]
    OtherDatabase { owner: String, service: String },
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
    #[error(
        "database.timescale is on, but the extension timescaledb is not in the database, and nothing \
         was changed; {}, or turn the setting off",
        if *is_available {
            "let an administrator run CREATE EXTENSION timescaledb"
        } else {
            "install it on the server, then let an administrator run CREATE EXTENSION timescaledb"
        }
    )]
    NoTimescale { is_available: bool },
    #[error(
        "database.timescale is on, but the series are partitioned tables already, and nothing was \
         changed; turn the setting off, or take the series back with `tallystick migrate down \
         row_security` (what they hold is computed from the books) and apply them again"
    )]
    TimescaleTooLate,
    #[error("{0}")]
    File(String),
    #[error("the migrations could not be run: {}", said(.0))]
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

impl Error {
    /// Whether a lock was not to be had in time, so that the same may succeed later.
    pub fn is_locked_out(&self) -> bool {
        matches!(self, Self::Database(error) if error.sqlstate().as_deref() == Some("55P03"))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Database(error.into())
    }
}

/// Without the names of the layers that passed the message on.
fn said(error: &db::Error) -> String {
    let text = error.to_string();
    let layers = [
        "Execution Error: ",
        "Query Error: ",
        "Connection Error: ",
        "error returned from database: ",
        "error in Any driver mapping: ",
    ];
    layers
        .iter()
        .fold(text, |text, layer| text.replace(layer, ""))
}
