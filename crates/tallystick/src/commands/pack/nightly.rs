//! `tallystick pack nightly`: the sequence that makes a pack, to be run by a scheduler.

mod demand;
mod hook;
mod reconciling;
mod sequence;
mod standing;
mod steps;
mod turn;

use api::routes::{pack_steps::PackStepOut, packs::PackOut};
use entity::{pricing::pack_build_step, values::PackStatus};
use identity::Ctx;
use pricing::{builds, packs};
use serde_json::{Value, json};

use self::{sequence::Sequence, turn::Turn};
use crate::{
    cli::pack::PackNightly,
    error::Error,
    output::{print, print_json},
    settings::Settings,
    sourcing,
};

/// What a run came to.
enum Came {
    /// The steps that were done, and the pack.
    Made(String),
    /// There was nothing left to do.
    Unchanged(String),
    /// Another program is at it.
    UnderWay,
}

pub async fn run(settings: &Settings, ctx: &Ctx, args: PackNightly) -> Result<(), Error> {
    let json = args.output.json;
    let sources = sourcing::load(settings, &args.policy)?;
    let Some(turn) = Turn::take(settings, ctx, args.asof, &args.policy).await? else {
        return tell(ctx, json, &args, Came::UnderWay).await;
    };
    let sequence = Sequence {
        ctx,
        settings,
        sources,
        policy: args.policy.clone(),
        asof: args.asof,
        gives_up: args.give_up,
        is_quiet: json,
    };
    let came = sequence.run().await;
    turn.end().await;
    match came {
        Ok(came) => tell(ctx, json, &args, came).await,
        Err(error) => {
            if let (true, Error::BuildStep { pack, .. }) = (json, &error) {
                print_json(&report(ctx, "failed", pack).await?)?;
            }
            Err(error)
        }
    }
}

async fn tell(ctx: &Ctx, json: bool, args: &PackNightly, came: Came) -> Result<(), Error> {
    let (outcome, id) = match &came {
        Came::Made(id) => ("made", id),
        Came::Unchanged(id) => ("unchanged", id),
        Came::UnderWay if json => return print_json(&json!({ "outcome": "under_way" })),
        Came::UnderWay => {
            return print(&format!(
                "Another program is making the pack of {} under the policy {}; nothing was done here.",
                args.asof, args.policy
            ));
        }
    };
    if json {
        return print_json(&report(ctx, outcome, id).await?);
    }
    let pack = packs::find(ctx, &ctx.shared(), id).await?;
    match (&came, pack.status, &pack.hash) {
        (Came::Unchanged(_), PackStatus::Fresh, _) => {
            print(&format!("{id} is fresh already; nothing was left to do."))
        }
        (_, PackStatus::Fresh, Some(hash)) => {
            print(&format!("{id} is fresh and can never change again: {hash}"))
        }
        (_, status, _) => print(&format!("{id} is {status}.")),
    }
}

async fn report(ctx: &Ctx, outcome: &str, id: &str) -> Result<Value, Error> {
    let pack = packs::find(ctx, &ctx.shared(), id).await?;
    let steps = builds::steps(ctx, &ctx.shared(), id).await?;
    let steps: Vec<_> = steps.into_iter().map(PackStepOut::from).collect();
    Ok(json!({ "outcome": outcome, "pack": PackOut::from(pack), "steps": steps }))
}

/// A step as one line, with what its detail says first.
pub(super) fn line(step: &pack_build_step::Model) -> String {
    let said = match &step.detail["reason"] {
        Value::String(reason) => reason.clone(),
        _ => counts(&step.detail),
    };
    let time = step.finished_at.map_or_else(String::new, |ended| {
        let taken = (ended - step.started_at).num_milliseconds().max(0);
        format!(" in {}.{:03} s", taken / 1_000, taken % 1_000)
    });
    let line = format!("{:<9} {:<7}{time}  {said}", step.step, step.outcome);
    line.trim_end().to_owned()
}

fn counts(detail: &Value) -> String {
    let named = ["prices", "fx_rates", "missing", "stale", "carried"];
    let counts = named
        .iter()
        .filter_map(|name| Some((name, detail[name].as_u64()?)));
    let words: Vec<_> = counts
        .map(|(name, count)| format!("{count} {}", name.replace('_', " ")))
        .collect();
    words.join(", ")
}
