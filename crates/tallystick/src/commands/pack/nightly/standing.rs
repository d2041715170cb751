//! Which pack there is to work on, and with which step.

use chrono::NaiveDate;
use entity::{
    pricing::{pack, pack_build_step},
    values::{BuildStep, PackStatus, StepOutcome},
};
use identity::{Ctx, audit::Entry};
use pricing::{
    builds,
    packs::{self, NewPack, NewRestatement},
};
use serde_json::json;

use crate::{error::Error, transaction::in_one_transaction};

pub enum Standing {
    /// The pack, with a step that has been begun with it.
    Begun(String, pack_build_step::Model),
    /// The pack of an earlier run.
    Left(String),
    /// Nothing is left to do.
    Settled(String),
}

/// Finds the pack of a day and a policy, or makes it. One that failed is restated.
pub async fn find(ctx: &Ctx, asof: NaiveDate, policy: &str) -> Result<Standing, Error> {
    let newest = packs::latest_on_or_before(ctx, &ctx.shared(), policy, asof).await?;
    let Some(pack) = newest.filter(|pack| pack.asof_date == asof) else {
        return make(ctx, asof, policy).await;
    };
    match pack.status {
        PackStatus::Warming => left_by_a_run(ctx, pack.id).await,
        PackStatus::Fresh => after_the_freeze(ctx, pack).await,
        PackStatus::Error => restate(ctx, pack).await,
    }
}

async fn make(ctx: &Ctx, asof: NaiveDate, policy: &str) -> Result<Standing, Error> {
    let work = async |tx: db::Tx| {
        let new = NewPack {
            asof_date: asof,
            policy: Some(policy.to_owned()),
            sources: json!({ "from": "sources" }),
        };
        let pack = packs::create(ctx, &tx, new).await?;
        let step = builds::begin(ctx, &tx, &pack.id, BuildStep::Build).await?;
        let entry = Entry::done("pack.create", "pack").of(&pack.id);
        let entry = entry.with("status", pack.status.as_str());
        Ok((Standing::Begun(pack.id, step), entry))
    };
    in_one_transaction(ctx, work).await
}

/// A warming pack without steps is somebody's who fills it by hand.
async fn left_by_a_run(ctx: &Ctx, id: String) -> Result<Standing, Error> {
    if builds::steps(ctx, &ctx.shared(), &id).await?.is_empty() {
        return Err(Error::PackByHand { id });
    }
    Ok(Standing::Left(id))
}

/// What was frozen by the sequence may lack the steps that come after.
async fn after_the_freeze(ctx: &Ctx, pack: pack::Model) -> Result<Standing, Error> {
    let steps = builds::steps(ctx, &ctx.shared(), &pack.id).await?;
    let is_ours = steps
        .iter()
        .any(|row| row.step == BuildStep::Fresh && row.outcome == StepOutcome::Done);
    if is_ours && builds::next_step(&steps).is_some() {
        Ok(Standing::Left(pack.id))
    } else {
        Ok(Standing::Settled(pack.id))
    }
}

async fn restate(ctx: &Ctx, failed: pack::Model) -> Result<Standing, Error> {
    let why = failed.error_message.as_deref().unwrap_or("no reason given");
    let reason: String = format!("the pack before it failed: {why}")
        .chars()
        .take(2_000)
        .collect();
    let work = async |tx: db::Tx| {
        let new = NewRestatement {
            reason: reason.clone(),
            ..NewRestatement::default()
        };
        let pack = packs::restate(ctx, &tx, &failed.id, new).await?;
        let step = builds::begin(ctx, &tx, &pack.id, BuildStep::Build).await?;
        let entry = Entry::done("pack.restate", "pack")
            .of(&pack.id)
            .with("restates", failed.id.as_str())
            .with("reason", reason.as_str())
            .with("status", pack.status.as_str());
        Ok((Standing::Begun(pack.id, step), entry))
    };
    match in_one_transaction(ctx, work).await {
        Err(Error::Pricing(pricing::Error::RestatementWarming { restatement, .. })) => {
            left_by_a_run(ctx, restatement).await
        }
        outcome => outcome,
    }
}
