//! What one migration comes to in one direction.

use db::Engine;
use sea_orm::Statement;

use crate::{
    Error,
    history::{self, Action},
    recording::{Down, Recording},
};

/// The statements of one direction, in the order in which they run.
pub(crate) struct Work<'a> {
    pub version: &'a str,
    pub action: Action,
    pub in_transaction: bool,
    pub statements: &'a [String],
    /// The row of `seaql_migrations`, written last on the way up and removed first on the way down.
    pub mark: Statement,
    pub begin: Statement,
    pub finish: Statement,
}

impl<'a> Work<'a> {
    pub fn up(recording: &'a Recording, engine: Engine, author: &history::Author) -> Self {
        Self::new(recording, engine, author, Action::Up, &recording.up)
    }

    pub fn down(
        recording: &'a Recording,
        engine: Engine,
        author: &history::Author,
    ) -> Result<Self, Error> {
        match &recording.down {
            Down::Statements(statements) => Ok(Self::new(
                recording,
                engine,
                author,
                Action::Down,
                statements,
            )),
            Down::Irreversible(reason) => Err(Error::Irreversible {
                version: recording.name.clone(),
                reason: reason.clone(),
            }),
        }
    }

    fn new(
        recording: &'a Recording,
        engine: Engine,
        author: &history::Author,
        action: Action,
        statements: &'a [String],
    ) -> Self {
        let version = recording.name.as_str();
        let mark = match action {
            Action::Up => history::mark_applied(engine, version),
            _ => history::mark_not_applied(engine, version),
        };
        Self {
            version,
            action,
            in_transaction: recording.in_transaction,
            statements,
            mark,
            begin: history::begin(engine, version, action, &recording.checksum(), author),
            finish: history::finish(engine, version),
        }
    }
}
