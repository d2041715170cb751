use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};

use db::Engine;

use super::Schema;
use crate::{
    Error,
    history::{self, Action},
    recording::Recording,
    target,
};

/// What a stamp declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    /// Declared to be applied, with their present text.
    pub applied: Vec<String>,
    /// Declared not to be applied.
    pub not_applied: Vec<String>,
}

/// Which versions a stamp is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The named one and all before it are applied. Later ones that are applied are an error.
    UpTo,
    /// As `UpTo`, and later ones are not applied.
    Exactly,
    /// The named one is applied; nothing is said of others.
    Only,
}

impl Schema {
    /// Declares that the schema is as the migrations up to `version` make it, and runs none of them.
    /// `base` is before the first. Each version whose state changes gets a line in the record.
    pub async fn stamp(&self, version: &str, stamp: Stamp) -> Result<Stamped, Error> {
        let last = match version {
            "base" => None,
            "head" => self.names().last().copied(),
            text => Some(target::find(&self.names(), text)?),
        };
        self.alone(async || {
            let applied = history::applied(&self.connection).await?;
            let later = applied.iter().find(|name| last < Some(name.as_str()));
            if let (Some(later), Stamp::UpTo) = (later, stamp) {
                return Err(Error::LaterApplied {
                    version: last.unwrap_or("base").to_owned(),
                    later: later.clone(),
                });
            }
            self.begin_records().await?;
            let tx = self.begin_alone().await?;
            let stamped = self.stamp_each(&tx, last, stamp).await?;
            tx.commit().await?;
            Ok(stamped)
        })
        .await
    }

    async fn stamp_each(
        &self,
        tx: &DatabaseTransaction,
        last: Option<&str>,
        stamp: Stamp,
    ) -> Result<Stamped, Error> {
        let applied = history::applied(tx).await?;
        let entries = history::entries(tx).await?.unwrap_or_default();
        let mut stamped = Stamped::default();
        for known in &self.known {
            let name = known.name.as_str();
            if stamp == Stamp::Only && last != Some(name) {
                continue;
            }
            let should_apply = last.is_some_and(|last| name <= last);
            let is_applied = applied.contains(&known.name);
            let entry = entries.iter().rfind(|entry| entry.version == known.name);
            match (should_apply, is_applied) {
                (true, true) if entry.is_some_and(|entry| entry.tells_of(known)) => {}
                (true, _) => {
                    if !is_applied {
                        tx.execute_raw(history::mark_applied(self.engine, name))
                            .await?;
                    }
                    self.write_record(tx, known, Action::Stamp).await?;
                    stamped.applied.push(known.name.clone());
                }
                (false, true) => {
                    tx.execute_raw(history::mark_not_applied(self.engine, name))
                        .await?;
                    self.write_record(tx, known, Action::Unstamp).await?;
                    stamped.not_applied.push(known.name.clone());
                }
                (false, false) => {}
            }
        }
        Ok(stamped)
    }

    pub(super) async fn write_record(
        &self,
        tx: &DatabaseTransaction,
        known: &Recording,
        action: Action,
    ) -> Result<(), Error> {
        let checksum = known.checksum();
        let author = &self.options.author;
        let begin = history::begin(self.engine, &known.name, action, &checksum, author);
        tx.execute_raw(begin).await?;
        tx.execute_raw(history::finish(self.engine, &known.name))
            .await?;
        Ok(())
    }

    pub(super) async fn begin_alone(&self) -> Result<DatabaseTransaction, Error> {
        match self.engine {
            Engine::Sqlite => self.begin_immediate().await,
            Engine::Postgres => {
                let tx = self.connection.begin().await?;
                self.require_lock(&tx).await?;
                Ok(tx)
            }
        }
    }
}
