//! What each step does. What it changes is committed with the note that it is done.

use std::path::Path;

use entity::{
    pricing::pack_build_step::Model,
    values::{BuildStep, StepOutcome},
};
use identity::audit::{self, Entry};
use pricing::{
    builds, packs,
    sources::{Report, gather},
};
use serde_json::{Value, json};

use super::{
    demand, hook,
    sequence::{Failed, Sequence},
};
use crate::error::Error;

impl Sequence<'_> {
    /// Asks the sources for what the portfolios need, and fills the pack with it.
    pub(super) async fn build(&self, step: &Model) -> Result<Model, Failed> {
        let mut wanted = demand::of_all_users(self.ctx, self.asof).await?;
        let policy = &self.sources.policy;
        wanted.extend(builds::named_by(self.ctx, &self.ctx.shared(), policy).await?);
        let askers = &self.sources.askers;
        let made = gather(askers, &self.policy, policy, &wanted, self.asof).await;
        if let Some(reason) = made.report.objection(policy) {
            return Err(Failed {
                detail: json!({ "reason": reason, "report": made.report }),
                reason,
                is_final: false,
            });
        }
        let work = async |tx: db::Tx| {
            let filled = builds::fill(self.ctx, &tx, &step.pack_id, &made).await?;
            let detail = detail_of(&filled, &made.report);
            builds::end(self.ctx, &tx, step, StepOutcome::Done, detail).await
        };
        Ok(self.ctx.database.write(work).await?)
    }

    /// Makes sure that what is stored is what was built, by reading it as a valuation does.
    pub(super) async fn prewarm(&self, step: &Model) -> Result<Model, Failed> {
        let hash = self.built_hash(step).await?;
        let work = async |tx: db::Tx| {
            builds::check_stored(self.ctx, &tx, &step.pack_id, &hash).await?;
            let detail = json!({ "hash": hash });
            builds::end(self.ctx, &tx, step, StepOutcome::Done, detail).await
        };
        Ok(self.ctx.database.write(work).await?)
    }

    pub(super) async fn freeze(&self, step: &Model) -> Result<Model, Failed> {
        let built = self.built_hash(step).await?;
        let work = async |tx: db::Tx| {
            let pack = packs::mark_fresh(self.ctx, &tx, &step.pack_id).await?;
            let stored = pack.hash.clone().unwrap_or_default();
            if stored != built {
                let (id, built) = (pack.id, built.clone());
                return Err(pricing::Error::OtherContent { id, built, stored }.into());
            }
            let detail = json!({ "hash": stored });
            let ended = builds::end(self.ctx, &tx, step, StepOutcome::Done, detail).await?;
            let entry = Entry::done("pack.fresh", "pack").of(&pack.id);
            let entry = match &pack.restates {
                Some(restated) => entry.with("supersedes", restated.as_str()),
                None => entry,
            };
            audit::append(self.ctx, &tx, entry).await?;
            Ok::<_, Error>(ended)
        };
        Ok(self.ctx.database.write(work).await?)
    }

    pub(super) async fn hook(
        &self,
        step: &Model,
        program: Option<&Path>,
        setting: &str,
    ) -> Result<Model, Failed> {
        let Some(program) = program else {
            return self.skip(step, &format!("{setting} is not set")).await;
        };
        let patience = self.settings.pricing.hook_timeout;
        hook::run(setting, program, &step.pack_id, patience)
            .await
            .map_err(Failed::because)?;
        self.end(step, StepOutcome::Done, json!({})).await
    }

    /// What the pack was filled with, by the note of the step that filled it.
    async fn built_hash(&self, step: &Model) -> Result<String, Failed> {
        let steps = builds::steps(self.ctx, &self.ctx.shared(), &step.pack_id).await?;
        let built = steps
            .iter()
            .rfind(|row| row.step == BuildStep::Build && row.outcome == StepOutcome::Done);
        match built.map(|row| &row.detail["hash"]) {
            Some(Value::String(hash)) => Ok(hash.clone()),
            _ => Err(Failed::because(
                "what the pack was built with is not noted".to_owned(),
            )),
        }
    }
}

fn detail_of(filled: &builds::Filled, report: &Report) -> Value {
    json!({
        "prices": filled.prices,
        "fx_rates": filled.fx_rates,
        "hash": filled.hash,
        "missing": report.missing.len(),
        "stale": report.stale.len(),
        "carried": report.carried.len(),
    })
}
