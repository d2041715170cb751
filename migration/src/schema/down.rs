use db::Engine;

use super::{Applied, Schema, Work};
use crate::{Error, Target, recording::Recording, state::Versions, target};

impl Schema {
    /// Takes back the newest versions: so many, or all that come after the target's.
    pub async fn down(&self, target: &Target) -> Result<Vec<Applied>, Error> {
        self.alone(async || self.take_back(target).await).await
    }

    /// Takes the newest version back and applies it again.
    pub async fn redo(&self) -> Result<Vec<Applied>, Error> {
        self.alone(async || {
            let taken_back = self.take_back(&Target::Steps(1)).await?;
            let Some(newest) = taken_back.first() else {
                return Err(Error::NothingApplied);
            };
            let target = Target::Version(newest.version.clone());
            self.apply_pending(&target).await
        })
        .await
    }

    async fn take_back(&self, target: &Target) -> Result<Vec<Applied>, Error> {
        let versions = self.versions().await?;
        let recordings = self.to_take_back(&versions, target)?;
        self.begin_records().await?;
        let author = &self.options.author;
        let works: Vec<Work> = recordings
            .into_iter()
            .map(|recording| Work::down(recording, self.engine, author))
            .collect::<Result<_, _>>()?;
        self.run_all(&works, false).await
    }

    fn to_take_back(&self, versions: &Versions, target: &Target) -> Result<Vec<&Recording>, Error> {
        let mut held = versions.held();
        if held.is_empty() {
            return Err(Error::NothingApplied);
        }
        match target {
            Target::All => {}
            Target::Steps(steps) => held.truncate(*steps),
            Target::Version(text) => {
                let last = target::find(&self.names(), text)?;
                held.retain(|name| *name > last);
            }
        }
        let known = |name: &&str| {
            self.known
                .iter()
                .find(|known| known.name == **name)
                .ok_or_else(|| Error::Newer {
                    version: (**name).to_owned(),
                })
        };
        held.iter().map(known).collect()
    }

    /// Runs `work` while no other program migrates. (SQLite's lock comes with each transaction.)
    pub(super) async fn alone<T>(
        &self,
        work: impl AsyncFnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.engine == Engine::Sqlite {
            return work().await;
        }
        self.lock().await?;
        let outcome = work().await;
        self.unlock().await?;
        outcome
    }
}
