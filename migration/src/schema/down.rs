use db::Engine;

use super::{Applied, Schema, Work};
use crate::{Error, Target, recording::Recording, state::Versions, target};

impl Schema {
    /// Takes back the newest versions: so many, or all that come after the target's.
    pub async fn down(&self, target: &Target) -> Result<Vec<Applied>, Error> {
        let versions = self.versions().await?;
        let recordings = self.to_take_back(&versions, target)?;
        self.alone(async || self.take_back(&versions, &recordings).await)
            .await
    }

    /// Takes the newest version back and applies it again.
    pub async fn redo(&self) -> Result<Vec<Applied>, Error> {
        self.require_timescale().await?;
        let versions = self.versions().await?;
        versions.refuse_strangers()?;
        let newest = self.to_take_back(&versions, &Target::Steps(1))?;
        self.alone(async || {
            self.take_back(&versions, &newest).await?;
            let versions = self.versions().await?;
            self.apply(&versions, &newest).await
        })
        .await
    }

    /// A number of steps counts from what was there when it was given: if others were faster, nothing
    /// is taken back.
    async fn take_back(
        &self,
        versions: &Versions,
        recordings: &[&Recording],
    ) -> Result<Vec<Applied>, Error> {
        let author = &self.options.author;
        let works: Vec<Work> = recordings
            .iter()
            .map(|recording| Work::down(recording, self.engine, author))
            .collect::<Result<_, _>>()?;
        self.begin_records().await?;
        if !self.versions().await?.is_like(versions) {
            return Err(Error::Overtaken);
        }
        self.run_all(&works, versions).await
    }

    fn to_take_back(&self, versions: &Versions, target: &Target) -> Result<Vec<&Recording>, Error> {
        let mut held = versions.held();
        if held.is_empty() {
            return Err(Error::NothingApplied);
        }
        match target {
            Target::Base => {}
            Target::Head => held.clear(),
            Target::Steps(steps) if *steps > held.len() => {
                return Err(Error::TooMany {
                    asked: *steps,
                    held: held.len(),
                });
            }
            Target::Steps(steps) => held.truncate(*steps),
            Target::Version(text) => {
                let last = target::find(&self.names(), text)?;
                held.retain(|name| *name > last);
            }
        }
        let known = |name: &&str| {
            let is_it = |known: &&Recording| known.name == **name;
            self.known
                .iter()
                .find(is_it)
                .ok_or_else(|| versions.stranger(name))
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
        if let Err(error) = self.unlock().await {
            tracing::debug!(%error, "the lock went with its connection");
        }
        outcome
    }
}
