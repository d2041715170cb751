use sea_orm::{ConnectionTrait, DatabaseTransaction};

use db::Engine;

use super::{Applied, Schema, Work};
use crate::{
    Error, Target,
    history::{self, Action},
    recording::Recording,
    state::Versions,
    target,
};

impl Schema {
    /// Applies what is pending, up to `target`.
    pub async fn up(&self, target: &Target) -> Result<Vec<Applied>, Error> {
        self.require_timescale().await?;
        let versions = self.versions().await?;
        if self.to_apply(&versions, target)?.is_empty() {
            return Ok(Vec::new());
        }
        self.alone(async || self.apply_pending(target).await).await
    }

    async fn apply_pending(&self, target: &Target) -> Result<Vec<Applied>, Error> {
        loop {
            let versions = self.versions().await?;
            let recordings = self.to_apply(&versions, target)?;
            match self.apply(&versions, &recordings).await {
                // SQLite's lock comes with the transaction: others may have been faster.
                Err(Error::Overtaken) if self.engine == Engine::Sqlite => {}
                outcome => return outcome,
            }
        }
    }

    pub(super) async fn apply(
        &self,
        versions: &Versions,
        recordings: &[&Recording],
    ) -> Result<Vec<Applied>, Error> {
        if recordings.is_empty() {
            return Ok(Vec::new());
        }
        self.begin_records().await?;
        let author = &self.options.author;
        let works: Vec<Work> = recordings
            .iter()
            .map(|recording| Work::up(recording, self.engine, author))
            .collect();
        self.run_all(&works, versions).await
    }

    /// What is to be applied, oldest first, once all that speaks against it is ruled out.
    fn to_apply(&self, versions: &Versions, target: &Target) -> Result<Vec<&Recording>, Error> {
        let recordings = self.pending(versions, target)?;
        let contracting = recordings.iter().find(|known| known.is_contracting());
        match contracting {
            Some(known) if versions.current().is_some() && !self.options.may_contract => {
                Err(Error::Contracting {
                    version: known.name.clone(),
                })
            }
            _ => Ok(recordings),
        }
    }

    /// What lies between the database and the target, oldest first.
    pub(super) fn pending(
        &self,
        versions: &Versions,
        target: &Target,
    ) -> Result<Vec<&Recording>, Error> {
        versions.refuse_strangers()?;
        let mut pending = versions.pending();
        match target {
            Target::Head => {}
            Target::Base => pending.clear(),
            Target::Steps(steps) => pending.truncate(*steps),
            Target::Version(text) => {
                let last = target::find(&self.names(), text)?;
                pending.retain(|name| *name <= last);
            }
        }
        if let (Some(first), Some(newest)) = (pending.first(), versions.current())
            && *first < newest
        {
            return Err(Error::OutOfOrder {
                version: (*first).to_owned(),
                newest: newest.to_owned(),
            });
        }
        let is_pending = |known: &&Recording| pending.contains(&known.name.as_str());
        Ok(self.known.iter().filter(is_pending).collect())
    }

    /// Makes the tables of versions; what is applied already is taken over as it is.
    pub(super) async fn begin_records(&self) -> Result<(), Error> {
        if history::are_there(&self.connection).await? {
            return Ok(());
        }
        let tx = self.begin_alone().await?;
        for statement in history::tables(self.engine) {
            tx.execute_unprepared(&statement).await?;
        }
        if history::entries(&tx)
            .await?
            .is_some_and(|entries| entries.is_empty())
        {
            self.adopt(&tx).await?;
        }
        if self.engine == Engine::Postgres {
            tx.execute_unprepared(history::LET_ROLES_READ).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn adopt(&self, tx: &DatabaseTransaction) -> Result<(), Error> {
        let applied = history::applied(tx).await?;
        let is_applied = |known: &&Recording| applied.contains(&known.name);
        for known in self.known.iter().filter(is_applied) {
            self.write_record(tx, known, Action::Adopt).await?;
        }
        Ok(())
    }

    /// What was planned before the lock was held must still be so.
    pub(super) async fn expect_unchanged(
        &self,
        connection: &impl ConnectionTrait,
        planned_on: &Versions,
    ) -> Result<(), Error> {
        if Versions::read(connection, &self.known)
            .await?
            .is_like(planned_on)
        {
            Ok(())
        } else {
            Err(Error::Overtaken)
        }
    }
}
