use chrono::NaiveDate;
use entity::{
    pricing::pack_build_step::Model,
    values::{BuildStep, PackStatus, StepOutcome},
};
use identity::{Ctx, audit::Entry};
use pricing::{builds, packs};
use serde_json::{Value, json};

use super::{
    Came, line,
    standing::{self, Standing},
};
use crate::{
    error::Error, output::print, settings::Settings, sourcing::Sources,
    transaction::in_one_transaction,
};

/// One run of the sequence for one pack.
pub struct Sequence<'s> {
    pub ctx: &'s Ctx,
    pub settings: &'s Settings,
    pub sources: Sources,
    pub policy: String,
    pub asof: NaiveDate,
    pub gives_up: bool,
    pub is_quiet: bool,
}

/// Why a step did not succeed.
pub struct Failed {
    pub reason: String,
    pub detail: Value,
    /// Whether doing it again could not help: the pack is bad.
    pub is_final: bool,
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::because(error.into().to_string())
    }
}

impl Failed {
    pub fn because(reason: String) -> Self {
        Self {
            detail: json!({ "reason": reason }),
            reason,
            is_final: false,
        }
    }
}

impl Sequence<'_> {
    /// Does every step that is not done yet, up to the first that fails.
    pub async fn run(&self) -> Result<Came, Error> {
        let (id, mut begun) = match standing::find(self.ctx, self.asof, &self.policy).await? {
            Standing::Settled(id) => return Ok(Came::Unchanged(id)),
            Standing::Left(id) => (id, None),
            Standing::Begun(id, step) => (id, Some(step)),
        };
        loop {
            let step = match begun.take() {
                Some(step) => step,
                None => match self.begin_next(&id).await? {
                    Some(step) => step,
                    None => return Ok(Came::Made(id)),
                },
            };
            match self.perform(&step).await {
                Ok(ended) => self.tell(&ended)?,
                Err(failed) => return Err(self.fail(&step, failed).await?),
            }
        }
    }

    async fn begin_next(&self, id: &str) -> Result<Option<Model>, Error> {
        let steps = builds::steps(self.ctx, &self.ctx.shared(), id).await?;
        let Some(step) = builds::next_step(&steps) else {
            return Ok(None);
        };
        let work = async |tx: db::Tx| builds::begin(self.ctx, &tx, id, step).await;
        Ok(Some(self.ctx.database.write(work).await?))
    }

    /// Does a step and notes its end.
    async fn perform(&self, step: &Model) -> Result<Model, Failed> {
        match step.step {
            BuildStep::Build => self.build(step).await,
            BuildStep::Reconcile => self.reconcile(step).await,
            BuildStep::Metrics => {
                let hook = self.settings.pricing.metrics_hook.as_deref();
                self.hook(step, hook, "pricing.metrics_hook").await
            }
            BuildStep::Prewarm => self.prewarm(step).await,
            BuildStep::Fresh => self.freeze(step).await,
            BuildStep::Alerts => {
                let hook = self.settings.pricing.alerts_hook.as_deref();
                self.hook(step, hook, "pricing.alerts_hook").await
            }
        }
    }

    pub(super) async fn skip(&self, step: &Model, reason: &str) -> Result<Model, Failed> {
        self.end(step, StepOutcome::Skipped, json!({ "reason": reason }))
            .await
    }

    pub(super) async fn end(
        &self,
        step: &Model,
        outcome: StepOutcome,
        detail: Value,
    ) -> Result<Model, Failed> {
        let work =
            async |tx: db::Tx| builds::end(self.ctx, &tx, step, outcome, detail.clone()).await;
        Ok(self.ctx.database.write(work).await?)
    }

    /// Notes that a step failed. The pack stays as it is, to be gone on with, unless it is given up.
    async fn fail(&self, step: &Model, failed: Failed) -> Result<Error, Error> {
        let Failed {
            reason,
            detail,
            is_final,
        } = failed;
        let work = async |tx: db::Tx| {
            builds::end(self.ctx, &tx, step, StepOutcome::Failed, detail.clone()).await
        };
        let ended = self.ctx.database.write(work).await?;
        self.tell(&ended)?;
        let pack = packs::find(self.ctx, &self.ctx.shared(), &step.pack_id).await?;
        let is_open = pack.status == PackStatus::Warming;
        let is_given_up = is_open && (is_final || self.gives_up);
        if is_given_up {
            self.give_up(step, &reason).await?;
        }
        let is_failed = is_given_up || pack.status == PackStatus::Error;
        Ok(Error::BuildStep {
            pack: step.pack_id.clone(),
            step: step.step,
            reason,
            advice: if is_failed {
                "the pack is marked as failed, and the next run makes another in its place"
            } else {
                "the next run goes on with it"
            },
        })
    }

    async fn give_up(&self, step: &Model, reason: &str) -> Result<(), Error> {
        let message = format!("the step `{}` failed: {reason}", step.step);
        let message: String = message.chars().take(2_000).collect();
        let work = async |tx: db::Tx| {
            let pack = packs::mark_error(self.ctx, &tx, &step.pack_id, &message).await?;
            let entry = Entry::done("pack.error", "pack").of(&pack.id);
            Ok(((), entry.with("message", message.as_str())))
        };
        in_one_transaction(self.ctx, work).await
    }

    fn tell(&self, step: &Model) -> Result<(), Error> {
        if self.is_quiet {
            return Ok(());
        }
        print(&line(step))
    }
}
