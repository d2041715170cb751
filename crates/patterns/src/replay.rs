//! Running a stored execution again, to prove it.

use std::time::Instant;

use db::Tx;
use entity::{
    execution,
    values::{ExecutionId, SecurityId},
};
use identity::Ctx;
use performance::ENGINE_VERSION;
use serde_json::Value;

use crate::{
    Error,
    difference::first_difference,
    execute::{ExecuteRequest, Ground, Outcome, run_on, store_alone},
    executions::find,
    hash::hash_json,
    inputs::Run,
};

/// Whether the same pattern on the same pack and books gave the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The replay's own stored execution.
    pub execution_id: ExecutionId,
    pub identical: bool,
    pub result_hash: String,
    pub replayed_hash: String,
    /// JSON pointer into the result, or `/metadata/…` where the ground itself has changed.
    pub first_difference: Option<String>,
}

/// Runs a stored execution again on the same pack and books revision, and stores that too.
pub async fn replay(ctx: &Ctx, id: ExecutionId) -> Result<Replay, Error> {
    let (replay, again) = rerun(ctx, id).await?;
    store_alone(ctx, &again).await?;
    Ok(replay)
}

/// As [`replay`], but leaves it to whoever asked to [`crate::store`] the second run.
pub async fn rerun(ctx: &Ctx, id: ExecutionId) -> Result<(Replay, execution::Model), Error> {
    let started = Instant::now();
    let reading = ctx.clone();
    let (original, pack_hash, outcome) = ctx
        .database
        .read(async |tx: Tx| -> Result<_, Error> {
            let original = find(&reading, &tx, id).await?;
            let pack = pricing::packs::find(&reading, &tx, &original.pack_id).await?;
            let ground = Ground {
                pack: &pack,
                asof: original.asof_date,
                revision: Some(original.books_revision),
            };
            let run = Run::read(&request_of(&original)?)?;
            let outcome = run_on(&reading, &tx, run, &ground).await?;
            Ok((original, pack.hash.unwrap_or_default(), outcome))
        })
        .await?;
    let difference = compare(&original, &pack_hash, &outcome)?;
    let again = replayed(ctx, &original, pack_hash, outcome, started)?;
    let replay = Replay {
        execution_id: again.id,
        identical: difference.is_none(),
        result_hash: original.result_hash,
        replayed_hash: again.result_hash.clone(),
        first_difference: difference,
    };
    Ok((replay, again))
}

fn compare(
    original: &execution::Model,
    pack_hash: &str,
    outcome: &Outcome,
) -> Result<Option<String>, Error> {
    if original.pack_hash != pack_hash {
        return Ok(Some("/metadata/pack_hash".to_owned()));
    }
    if original.result_hash != hash_json(&original.result)? {
        return Ok(Some("/metadata/result_hash".to_owned()));
    }
    Ok(first_difference(&original.result, &outcome.result))
}

fn replayed(
    ctx: &Ctx,
    original: &execution::Model,
    pack_hash: String,
    outcome: Outcome,
    started: Instant,
) -> Result<execution::Model, Error> {
    Ok(execution::Model {
        id: ExecutionId::new(),
        actor: ctx.actor.to_string(),
        pack_hash,
        engine_version: ENGINE_VERSION.to_owned(),
        result_hash: hash_json(&outcome.result)?,
        result: outcome.result,
        warnings: Value::Array(outcome.warnings),
        duration_ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
        replay_of: Some(original.id),
        created_at: ctx.now(),
        ..original.clone()
    })
}

fn request_of(execution: &execution::Model) -> Result<ExecuteRequest, Error> {
    let stored = &execution.inputs;
    let security_id: Option<SecurityId> =
        serde_json::from_value(stored.get("security_id").cloned().unwrap_or_default())?;
    let inputs = serde_json::from_value(stored.get("inputs").cloned().unwrap_or_default())?;
    Ok(ExecuteRequest {
        pattern_id: execution.pattern_id.clone(),
        inputs,
        portfolio_id: execution.portfolio_id,
        security_id,
        asof_date: Some(execution.asof_date),
        pack_id: Some(execution.pack_id.clone()),
        require_fresh: false,
    })
}
