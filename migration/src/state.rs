//! Which version a database is at, as against what the program knows.

use std::{collections::HashMap, sync::Arc};

use db::{Database, Engine, Tx};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::{
    Error,
    history::{self, Entry},
    recording::{self, Recording, is_contracting},
    target,
};

/// Whether a migration is in the database, in the program, or in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Applied,
    Pending,
    /// Applied with another text than the program's.
    Edited,
    /// Begun outside of a transaction and not ended.
    Dirty,
    /// Applied, without a record of what that was.
    Unrecorded,
    /// Not applied, although the record says so.
    Lost,
    /// In the database only, and older than the newest of the program's.
    Missing,
    /// In the database only: a newer program applied it.
    Unknown,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Edited => "edited",
            Self::Dirty => "dirty",
            Self::Unrecorded => "unrecorded",
            Self::Lost => "lost",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// One migration and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub name: String,
    pub state: State,
    /// Whether older programs cannot live with it.
    pub is_contracting: bool,
    /// How it came into the database.
    pub record: Option<Entry>,
}

/// Every version that the program or the database knows, oldest first.
#[derive(Clone, Debug)]
pub struct Versions(pub Vec<Version>);

impl Versions {
    /// Reads what is in the database, which takes several statements of one snapshot; writes nothing.
    pub async fn read(
        connection: &impl ConnectionTrait,
        known: &[Recording],
    ) -> Result<Self, Error> {
        let applied = history::applied(connection).await.map_err(not_read)?;
        let entries = history::entries(connection).await.map_err(not_read)?;
        let has_records = entries.is_some();
        let mut last: HashMap<String, Entry> = HashMap::new();
        for entry in entries.unwrap_or_default() {
            last.insert(entry.version.clone(), entry);
        }
        let newest_known = known.iter().map(|recording| recording.name.as_str()).max();
        let mut versions: Vec<Version> = known
            .iter()
            .map(|recording| {
                let is_applied = applied.contains(&recording.name);
                let record = last.remove(&recording.name);
                Version {
                    state: state(recording, is_applied, has_records, record.as_ref()),
                    name: recording.name.clone(),
                    is_contracting: recording.is_contracting(),
                    record,
                }
            })
            .collect();
        for name in applied {
            if known.iter().any(|recording| recording.name == name) {
                continue;
            }
            let is_newer = newest_known.is_none_or(|newest| *name > *newest);
            versions.push(Version {
                state: if is_newer {
                    State::Unknown
                } else {
                    State::Missing
                },
                is_contracting: is_contracting(&name),
                record: last.remove(&name),
                name,
            });
        }
        // What a newer program began outside of a transaction is in the record alone.
        let unfinished = last
            .into_values()
            .filter(|entry| entry.finished_at.is_none());
        versions.extend(unfinished.map(|entry| Version {
            name: entry.version.clone(),
            state: State::Unknown,
            is_contracting: is_contracting(&entry.version),
            record: Some(entry),
        }));
        versions.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self(versions))
    }

    pub fn pending(&self) -> Vec<&str> {
        self.0
            .iter()
            .filter(|version| matches!(version.state, State::Pending | State::Dirty))
            .map(|version| version.name.as_str())
            .collect()
    }

    /// Whether the same versions are in the same states.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let states = |versions: &Self| -> Vec<(String, State)> {
            let each = versions.0.iter();
            each.map(|version| (version.name.clone(), version.state))
                .collect()
        };
        states(self) == states(other)
    }

    /// Why a version that this program does not know cannot be dealt with.
    pub(crate) fn stranger(&self, name: &str) -> Error {
        let version = name.to_owned();
        let is_missing = |one: &Version| one.name == name && one.state == State::Missing;
        if self.0.iter().any(is_missing) {
            Error::Missing { version }
        } else {
            Error::Newer { version }
        }
    }

    /// What newer programs applied, and this one can live with.
    pub fn newer(&self) -> Vec<&str> {
        let is_newer = |version: &&Version| version.state == State::Unknown;
        let newer = self.0.iter().filter(is_newer);
        newer.map(|version| version.name.as_str()).collect()
    }

    /// What `down` can take back, newest first: applied, or begun.
    pub fn held(&self) -> Vec<&str> {
        let mut held: Vec<&str> = self
            .0
            .iter()
            .filter(|version| !matches!(version.state, State::Pending | State::Lost))
            .map(|version| version.name.as_str())
            .collect();
        held.reverse();
        held
    }

    /// The newest version that is applied.
    pub fn current(&self) -> Option<&str> {
        let is_in = |version: &&Version| {
            !matches!(version.state, State::Pending | State::Lost | State::Dirty)
        };
        self.0
            .iter()
            .rfind(is_in)
            .map(|version| version.name.as_str())
    }

    /// Fails where the database holds what this program's files do not, or not so.
    pub fn refuse_strangers(&self) -> Result<(), Error> {
        for Version { name, state, .. } in &self.0 {
            let version = name.clone();
            match state {
                State::Missing => return Err(Error::Missing { version }),
                State::Unknown => return Err(Error::Newer { version }),
                State::Edited => return Err(Error::Edited { version }),
                State::Unrecorded => return Err(Error::Unrecorded { version }),
                State::Lost => return Err(Error::Lost { version }),
                State::Applied | State::Pending | State::Dirty => {}
            }
        }
        Ok(())
    }

    /// Fails unless a program with these migrations can work on the database: all of them are
    /// applied, and none that it does not know contracts.
    pub fn require_usable(&self) -> Result<(), Error> {
        for Version {
            name,
            state,
            is_contracting,
            ..
        } in &self.0
        {
            let version = name.clone();
            match state {
                State::Unknown if *is_contracting => return Err(Error::Newer { version }),
                State::Missing => return Err(Error::Missing { version }),
                State::Dirty => return Err(Error::Dirty { version }),
                State::Lost => return Err(Error::Lost { version }),
                _ => {}
            }
        }
        let pending = self.pending().len();
        if pending > 0 {
            let known = self.0.len();
            return Err(Error::Pending { pending, known });
        }
        Ok(())
    }
}

fn not_read(error: DbErr) -> Error {
    let error = db::Error::from(error);
    if error.sqlstate().as_deref() == Some("42501") {
        Error::NoAccess
    } else {
        error.into()
    }
}

fn state(
    recording: &Recording,
    is_applied: bool,
    has_records: bool,
    record: Option<&Entry>,
) -> State {
    if record.is_some_and(|entry| entry.finished_at.is_none()) {
        return State::Dirty;
    }
    match record {
        Some(entry) if !is_applied && entry.action.applies() => State::Lost,
        _ if !is_applied => State::Pending,
        Some(entry) if !entry.action.applies() => State::Unrecorded,
        Some(entry) if entry.checksum != recording.checksum() => State::Edited,
        None if has_records => State::Unrecorded,
        _ => State::Applied,
    }
}

/// This program's migrations, as `engine` hears them.
pub async fn known(engine: Engine) -> Result<Vec<Recording>, Error> {
    recording::record(&crate::migrations(), engine).await
}

/// Every migration that the program or the database knows, oldest first. Writes nothing.
pub async fn versions(database: &Database) -> Result<Versions, Error> {
    let known = Arc::new(known(database.engine()).await?);
    let read = move |tx: Tx| {
        let known = Arc::clone(&known);
        async move { Versions::read(&tx, &known).await }
    };
    database.read(read).await
}

/// Fails unless this program can work on the database: see [`Versions::require_usable`].
pub async fn require_current(database: &Database) -> Result<(), Error> {
    versions(database).await?.require_usable()
}

/// The known migration that `text` names, by a part of its name.
pub fn find<'a>(known: &'a [Recording], text: &str) -> Result<&'a Recording, Error> {
    let names: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
    let name = target::find(&names, text)?;
    known
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(|| Error::NoSuchVersion {
            text: text.to_owned(),
        })
}

/// The engine behind a connection of sea-orm's.
pub(crate) fn engine_of(connection: &impl ConnectionTrait) -> Engine {
    match connection.get_database_backend() {
        DbBackend::Sqlite => Engine::Sqlite,
        _ => Engine::Postgres,
    }
}
