//! The tables that hold the schema's version: sea-orm's `seaql_migrations`, which says what is
//! applied, and `tallystick_history` beside it, which says how that came about.

mod tables;

use db::Engine;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement, Value};

use crate::Recording;

/// What was done with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Applied.
    Up,
    /// Taken back.
    Down,
    /// Declared to be applied, without running it.
    Stamp,
    /// Declared not to be applied.
    Unstamp,
    /// Found applied when records began.
    Adopt,
}

impl Action {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Stamp => "stamp",
            Self::Unstamp => "unstamp",
            Self::Adopt => "adopt",
        }
    }

    /// Whether the version counts as applied from then on.
    pub const fn applies(self) -> bool {
        matches!(self, Self::Up | Self::Stamp | Self::Adopt)
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Up,
            Self::Down,
            Self::Stamp,
            Self::Unstamp,
            Self::Adopt,
        ];
        all.into_iter().find(|action| action.as_str() == text)
    }
}

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub version: String,
    pub action: Action,
    pub checksum: String,
    /// The program's name and version.
    pub program: String,
    /// Who ran it: on this machine, and by which role of the database.
    pub operator: String,
    /// RFC 3339, in UTC.
    pub started_at: String,
    /// `None` while it runs, or when it broke off outside of a transaction.
    pub finished_at: Option<String>,
    pub duration_ms: Option<i64>,
}

impl Entry {
    /// Whether it says that this migration, with its present text, was applied.
    pub(crate) fn tells_of(&self, known: &Recording) -> bool {
        self.action.applies() && self.finished_at.is_some() && self.checksum == known.checksum()
    }
}

#[derive(FromQueryResult)]
struct Row {
    seq: i64,
    version: String,
    action: String,
    checksum: String,
    program: String,
    operator: String,
    started_at: String,
    finished_at: Option<String>,
    duration_ms: Option<i64>,
}

/// Who writes into the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    pub program: String,
    pub operator: String,
}

impl Author {
    /// Whoever runs this process.
    pub fn of_this_process() -> Self {
        let user = nix::unistd::User::from_uid(nix::unistd::getuid());
        let name = user.ok().flatten().map(|user| user.name);
        Self {
            program: concat!("tallystick ", env!("CARGO_PKG_VERSION")).to_owned(),
            operator: name.unwrap_or_default(),
        }
    }
}

pub use tables::{LET_ROLES_READ, tables};

pub const TABLE: &str = "tallystick_history";
pub const VERSIONS: &str = "seaql_migrations";

/// The line with which work on a version begins.
pub fn begin(
    engine: Engine,
    version: &str,
    action: Action,
    checksum: &str,
    author: &Author,
) -> Statement {
    let mark = |n: u32| match engine {
        Engine::Postgres => format!("${n}"),
        Engine::Sqlite => "?".to_owned(),
    };
    let operator = match engine {
        Engine::Postgres => format!("concat_ws(' as ', {}, session_user)", mark(5)),
        Engine::Sqlite => format!("coalesce({}, '-')", mark(5)),
    };
    let operator_value = (!author.operator.is_empty()).then(|| author.operator.clone());
    let sql = format!(
        "INSERT INTO {TABLE} (seq, version, action, checksum, program, operator, started_at)\n\
         SELECT coalesce(max(seq), 0) + 1, {}, {}, {}, {}, {operator}, {} FROM {TABLE}",
        mark(1),
        mark(2),
        mark(3),
        mark(4),
        now(engine),
    );
    let values: [Value; 5] = [
        version.into(),
        action.as_str().into(),
        checksum.into(),
        author.program.as_str().into(),
        operator_value.into(),
    ];
    Statement::from_sql_and_values(backend(engine), sql, values)
}

/// Completes the line that [`begin`] wrote.
pub fn finish(engine: Engine, version: &str) -> Statement {
    let mark = if engine == Engine::Postgres {
        "$1"
    } else {
        "?"
    };
    let sql = format!(
        "UPDATE {TABLE} SET finished_at = {}\n\
         WHERE seq = (SELECT max(seq) FROM {TABLE} WHERE version = {mark})",
        now(engine)
    );
    Statement::from_sql_and_values(backend(engine), sql, [version.into()])
}

/// The row by which sea-orm knows that a version is applied.
pub fn mark_applied(engine: Engine, version: &str) -> Statement {
    let (mark, seconds) = match engine {
        Engine::Postgres => ("$1", "extract(epoch FROM clock_timestamp())::bigint"),
        Engine::Sqlite => ("?", "CAST(strftime('%s', 'now') AS INTEGER)"),
    };
    let sql = format!("INSERT INTO {VERSIONS} (version, applied_at) VALUES ({mark}, {seconds})");
    Statement::from_sql_and_values(backend(engine), sql, [version.into()])
}

pub fn mark_not_applied(engine: Engine, version: &str) -> Statement {
    let mark = if engine == Engine::Postgres {
        "$1"
    } else {
        "?"
    };
    let sql = format!("DELETE FROM {VERSIONS} WHERE version = {mark}");
    Statement::from_sql_and_values(backend(engine), sql, [version.into()])
}

/// The names of the applied versions, oldest first; none where there is no such table.
pub async fn applied(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    if !exists(connection, VERSIONS).await? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT version FROM {VERSIONS} ORDER BY version");
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// Whether both tables are.
pub async fn are_there(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(exists(connection, VERSIONS).await? && exists(connection, TABLE).await?)
}

/// The whole record, oldest first; `None` where it was never begun.
pub async fn entries(connection: &impl ConnectionTrait) -> Result<Option<Vec<Entry>>, DbErr> {
    if !exists(connection, TABLE).await? {
        return Ok(None);
    }
    let backend = connection.get_database_backend();
    let times = match backend {
        DbBackend::Sqlite => {
            "started_at, finished_at, CAST(round((julianday(finished_at) - julianday(started_at))
                * 86400000) AS INTEGER) AS duration_ms"
        }
        _ => {
            "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MSZ') AS started_at,
             to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MSZ') AS finished_at,
             (extract(epoch FROM finished_at - started_at) * 1000)::bigint AS duration_ms"
        }
    };
    let sql = format!(
        "SELECT seq, version, action, checksum, program, operator, {times} FROM {TABLE} ORDER BY seq"
    );
    let rows = Row::find_by_statement(Statement::from_string(backend, sql))
        .all(connection)
        .await?;
    rows.into_iter()
        .map(entry)
        .collect::<Result<_, _>>()
        .map(Some)
}

fn entry(row: Row) -> Result<Entry, DbErr> {
    let action = Action::parse(&row.action).ok_or_else(|| {
        DbErr::Custom(format!(
            "line {} of {TABLE} has the unknown action {:?}",
            row.seq, row.action
        ))
    })?;
    Ok(Entry {
        seq: row.seq,
        version: row.version,
        action,
        checksum: row.checksum,
        program: row.program,
        operator: row.operator,
        started_at: row.started_at,
        finished_at: row.finished_at,
        duration_ms: row.duration_ms,
    })
}

async fn exists(connection: &impl ConnectionTrait, table: &str) -> Result<bool, DbErr> {
    let (backend, sql) = match connection.get_database_backend() {
        DbBackend::Sqlite => (
            DbBackend::Sqlite,
            "SELECT 1 FROM sqlite_schema WHERE name = ?",
        ),
        _ => (
            DbBackend::Postgres,
            "SELECT 1 WHERE to_regclass($1) IS NOT NULL",
        ),
    };
    let statement = Statement::from_sql_and_values(backend, sql, [table.into()]);
    Ok(connection.query_one_raw(statement).await?.is_some())
}

/// Now, as it goes on within a transaction.
const fn now(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "clock_timestamp()",
        Engine::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    }
}

pub const fn backend(engine: Engine) -> DbBackend {
    match engine {
        Engine::Postgres => DbBackend::Postgres,
        Engine::Sqlite => DbBackend::Sqlite,
    }
}
