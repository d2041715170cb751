use db::Engine;

use super::Schema;
use crate::{
    Error, Target,
    lint::{self, Finding, Step},
    locks::{self, Lock},
    recording::Recording,
    state,
};

/// What `up` would do with one migration.
#[derive(Clone, Debug)]
pub struct Planned {
    pub recording: Recording,
    /// On the tables that are there before it, the strongest for each (PostgreSQL).
    pub locks: Vec<Lock>,
    /// Whether it is refused until the operator says that no older program is left.
    pub needs_word: bool,
}

impl Schema {
    /// What `up` would do, given the tables that are there. Writes nothing and locks nothing.
    pub async fn plan(&self, target: &Target, tables: &[String]) -> Result<Vec<Planned>, Error> {
        let versions = self.versions().await?;
        let recordings = self.pending(&versions, target)?;
        let is_in_use = versions.current().is_some();
        let mut there: Vec<String> = tables.to_vec();
        let mut planned = Vec::with_capacity(recordings.len());
        for recording in recordings {
            let step = step(recording);
            let locks = match self.engine {
                Engine::Postgres => locks::of_migration(
                    &step,
                    &there.iter().map(String::as_str).collect::<Vec<_>>(),
                ),
                Engine::Sqlite => Vec::new(),
            };
            planned.push(Planned {
                needs_word: recording.is_contracting() && is_in_use,
                recording: recording.clone(),
                locks,
            });
            there.extend(locks::made_by(&step));
        }
        Ok(planned)
    }
}

const fn step(recording: &Recording) -> Step<'_> {
    Step {
        migration: recording.name.as_str(),
        statements: recording.up.as_slice(),
        in_transaction: recording.in_transaction,
    }
}

/// What the product's migrations do against the rules.
pub async fn findings() -> Result<Vec<Finding>, Error> {
    let known = state::known(Engine::Postgres).await?;
    let steps: Vec<Step<'_>> = known.iter().map(step).collect();
    Ok(lint::lint(&steps))
}
