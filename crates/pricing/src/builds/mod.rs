//! How a pack came to be: the steps of the sequence that makes it, each attempt with its time and outcome.
//!
//! A step is begun and ended in transactions of its own, so that one whose program was killed stays
//! `running`: whoever begins the next one finds it, notes that it was broken off, and does it again. What a
//! step changes is written in the transaction that ends it, so that it happened if and only if it is
//! `done`.

mod fill;
mod wanted;

pub use fill::{Filled, check_stored, fill};
pub use wanted::named_by;

use chrono::{DateTime, Utc};
use entity::{
    pricing::{
        pack,
        pack_build_step::{self, Column, Entity},
    },
    values::{BuildStep, StepOutcome},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::LockType,
};
use serde_json::{Value, json};

use crate::{
    Error,
    page::{Listed, Page},
};

/// The steps of a pack in the order in which they were begun; none for a pack that was made by hand.
pub async fn steps(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    pack_id: &str,
) -> Result<Vec<pack_build_step::Model>, Error> {
    Ok(Entity::find()
        .filter(Column::PackId.eq(pack_id))
        .order_by_asc(Column::Seq)
        .all(db)
        .await?)
}

/// As [`steps`], a page of them by their numbers.
pub async fn list_steps(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    pack_id: &str,
    page: &Page<i64>,
) -> Result<Listed<pack_build_step::Model>, Error> {
    let mut query = Entity::find().filter(Column::PackId.eq(pack_id));
    if let Some(known) = page.after {
        query = query.filter(Column::Seq.gt(known));
    }
    let query = query.order_by_asc(Column::Seq).limit(page.fetch_limit());
    Ok(page.cut(query.all(db).await?))
}

/// The first step of the sequence that is neither done nor skipped; `None` where all are.
pub fn next_step(steps: &[pack_build_step::Model]) -> Option<BuildStep> {
    let is_settled = |step: BuildStep| {
        steps
            .iter()
            .rfind(|row| row.step == step)
            .is_some_and(|row| matches!(row.outcome, StepOutcome::Done | StepOutcome::Skipped))
    };
    BuildStep::iter().find(|step| !is_settled(*step))
}

/// Notes that a step begins. A step that still counts as running was broken off, and is noted as failed:
/// who calls this sees to it that nobody else builds the pack.
pub async fn begin(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    pack_id: &str,
    step: BuildStep,
) -> Result<pack_build_step::Model, Error> {
    lock(db, pack_id).await?;
    let now = ctx.now();
    let before = steps(ctx, db, pack_id).await?;
    for running in before
        .iter()
        .filter(|row| row.outcome == StepOutcome::Running)
    {
        let reason = json!({ "reason": "it was broken off: the program ended before it did" });
        write_end(db, running, StepOutcome::Failed, reason, now).await?;
    }
    let attempts = before.iter().filter(|row| row.step == step).count();
    let row = pack_build_step::Model {
        pack_id: pack_id.to_owned(),
        seq: before.last().map_or(1, |last| last.seq + 1),
        step,
        attempt: i64::try_from(attempts)
            .unwrap_or(i64::MAX)
            .saturating_add(1),
        outcome: StepOutcome::Running,
        detail: json!({}),
        started_at: now,
        finished_at: None,
    };
    Entity::insert(pack_build_step::ActiveModel::from(row.clone()))
        .exec_without_returning(db)
        .await?;
    Ok(row)
}

/// Notes what became of a step. [`Error::StepTakenOver`] where another has broken it off meanwhile: then
/// nothing of it may be kept.
pub async fn end(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    step: &pack_build_step::Model,
    outcome: StepOutcome,
    detail: Value,
) -> Result<pack_build_step::Model, Error> {
    let now = ctx.now();
    write_end(db, step, outcome, detail.clone(), now).await?;
    Ok(pack_build_step::Model {
        outcome,
        detail,
        finished_at: Some(now),
        ..step.clone()
    })
}

async fn write_end(
    db: &impl ConnectionTrait,
    step: &pack_build_step::Model,
    outcome: StepOutcome,
    detail: Value,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let ended = Entity::update_many()
        .set(pack_build_step::ActiveModel {
            outcome: Set(outcome),
            detail: Set(detail),
            finished_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(Column::PackId.eq(step.pack_id.as_str()))
        .filter(Column::Seq.eq(step.seq))
        .filter(Column::Outcome.eq(StepOutcome::Running))
        .exec(db)
        .await?;
    if ended.rows_affected == 1 {
        return Ok(());
    }
    Err(Error::StepTakenOver {
        id: step.pack_id.clone(),
        step: step.step,
    })
}

/// The pack, whatever its status, held against others that would begin a step of it.
async fn lock(db: &impl ConnectionTrait, pack_id: &str) -> Result<(), Error> {
    let pack = pack::Entity::find_by_id(pack_id)
        .lock(LockType::NoKeyUpdate)
        .one(db)
        .await?;
    pack.map(drop).ok_or_else(|| Error::PackNotFound {
        id: pack_id.to_owned(),
    })
}
