use std::{
    fmt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use sqlx::sqlite::SqliteConnectOptions;

use super::{AddressError, parameters::Parameters, text};

/// `cache`, `immutable` and `vfs` are left out: each can break a promise that this crate makes.
const KNOWN: &[&str] = &["mode"];

static IN_MEMORY: AtomicUsize = AtomicUsize::new(0);

/// An SQLite database: a file, or one in memory that ends with its last connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteAddress {
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(PathBuf, SqliteMode),
    /// The number tells databases in memory apart: an address and its clones lead to the same one.
    Memory(usize),
}

/// What may be done to a database's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SqliteMode {
    /// `mode=ro`
    ReadOnly,
    /// `mode=rw`: a file that is missing stays missing.
    ReadWrite,
    /// `mode=rwc`, and the meaning of no mode: a file that is missing is made.
    #[default]
    Create,
}

impl SqliteAddress {
    /// `rest` is what follows `sqlite:`.
    pub(super) fn parse(rest: &str) -> Result<Self, AddressError> {
        if rest.contains('#') {
            return Err(AddressError::Ambiguous);
        }
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let mode = Parameters::parse(query, KNOWN)?.take("mode");
        let path = match path {
            "" => None,
            path => Some(text::decode("the path", path)?),
        };
        let place = match (path.as_deref(), mode.as_deref()) {
            (Some(":memory:"), None | Some("memory")) | (None, Some("memory")) => {
                Place::Memory(IN_MEMORY.fetch_add(1, Ordering::Relaxed))
            }
            (Some(":memory:"), Some(_)) | (Some(_), Some("memory")) => {
                return Err(AddressError::FileInMemory);
            }
            (None, _) => return Err(AddressError::NoFile),
            // SQLite would read it as an address with parameters of its own.
            (Some(path), _) if path.starts_with("file:") => return Err(AddressError::NestedUri),
            (Some(path), mode) => Place::File(PathBuf::from(path), parse_mode(mode)?),
        };
        Ok(Self { place })
    }

    /// The file, or `None` for a database in memory.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(file, _) => Some(file),
            Place::Memory(_) => None,
        }
    }

    /// What may be done to the file; a database in memory is made.
    pub fn mode(&self) -> SqliteMode {
        match &self.place {
            Place::File(_, mode) => *mode,
            Place::Memory(_) => SqliteMode::Create,
        }
    }

    /// Where to connect and how to open it; pragmas are the caller's.
    pub fn options(&self) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new();
        match &self.place {
            Place::File(file, mode) => options
                .filename(file)
                .read_only(*mode == SqliteMode::ReadOnly)
                .create_if_missing(*mode == SqliteMode::Create),
            Place::Memory(number) => options
                .filename(format!("file:tallystick-in-memory-{number}"))
                .in_memory(true)
                .shared_cache(true),
        }
    }
}

fn parse_mode(mode: Option<&str>) -> Result<SqliteMode, AddressError> {
    match mode {
        None | Some("rwc") => Ok(SqliteMode::Create),
        Some("rw") => Ok(SqliteMode::ReadWrite),
        Some("ro") => Ok(SqliteMode::ReadOnly),
        Some(_) => Err(AddressError::WrongValue {
            name: "mode",
            expected: "ro, rw, rwc or memory",
        }),
    }
}

impl fmt::Display for SqliteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(file, mode) => {
                write!(f, "sqlite://{}", file.display())?;
                f.write_str(match mode {
                    SqliteMode::ReadOnly => "?mode=ro",
                    SqliteMode::ReadWrite => "?mode=rw",
                    SqliteMode::Create => "",
                })
            }
            Place::Memory(_) => f.write_str("sqlite::memory:"),
        }
    }
}
