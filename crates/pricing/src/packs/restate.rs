//! Restatements: a frozen pack is never changed, another takes its place.

use chrono::{DateTime, Utc};
use entity::{
    pricing::{fx_rate, pack, price},
    values::PackStatus,
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IdenStatic, Iterable, QueryFilter,
    QueryOrder, QuerySelect, Set,
    sea_query::{Expr, LockType, Query},
};

use super::{checked_sources, checked_text, current_id, found};
use crate::{Error, ids};

const LONGEST_REASON: usize = 2_000;

/// Why a pack is restated, and what is new about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRestatement {
    /// 1 to 2,000 characters.
    pub reason: String,
    /// As [`super::NewPack::sources`]; null keeps those of the restated pack.
    pub sources: serde_json::Value,
}

/// Makes a warming pack that takes the place of a frozen one, `id`, when it becomes fresh.
///
/// It has the date and policy of `id`, the next revision, and all its prices and rates: what is
/// loaded into it takes the place of what it holds. Until it is fresh `id` stays the current pack; if
/// it fails, `id` can be restated again.
///
/// [`Error::NotFrozen`] for a warming pack, [`Error::NotCurrent`] for one whose place another has
/// taken, [`Error::RestatementWarming`] where a restatement is under way.
pub async fn restate(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
    new: NewRestatement,
) -> Result<pack::Model, Error> {
    let reason = checked_text("/reason", "reason", &new.reason, LONGEST_REASON)?.to_owned();
    let restated = lock_restatable(db, id).await?;
    let revision = last_revision(db, &restated).await? + 1;
    let now = ctx.now();
    let restatement = pack::Model {
        id: ids::pack_id(restated.asof_date, &restated.policy, revision),
        revision,
        hash: None,
        superseded_by: Some(restated.id.clone()),
        restates: Some(restated.id.clone()),
        restatement_reason: Some(reason),
        sources_json: match new.sources {
            serde_json::Value::Null => restated.sources_json.clone(),
            sources => checked_sources(sources)?,
        },
        status: PackStatus::Warming,
        is_fresh: false,
        prewarm_done: false,
        reconciliation_passed: false,
        reconciliation_failed: false,
        reconciliation_error_bps: None,
        error_message: None,
        reconciled_hash: None,
        created_at: now,
        updated_at: now,
        ..restated
    };
    pack::Entity::insert(pack::ActiveModel::from(restatement.clone()))
        .exec_without_returning(db)
        .await?;
    copy_content(db, id, &restatement.id, now).await?;
    Ok(restatement)
}

/// The pack that took the place of this one. A restatement that is not fresh stands aside for the pack
/// that it restates, which took nobody's place.
pub fn superseded_by(pack: &pack::Model) -> Option<&str> {
    let current = pack.superseded_by.as_deref()?;
    (pack.restates.as_deref() != Some(current)).then_some(current)
}

/// Lets a restatement that has just been frozen take the place of the pack that it restates, which
/// must leave the current packs before the restatement comes among them.
pub(super) async fn step_aside(
    db: &impl ConnectionTrait,
    restatement: &pack::Model,
    restated: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let current = pack::Entity::find_by_id(restated)
        .lock(LockType::NoKeyUpdate)
        .one(db)
        .await?;
    let current = require_current(db, found(current, restated)?).await?;
    pack::Entity::update_many()
        .set(pack::ActiveModel {
            superseded_by: Set(Some(restatement.id.clone())),
            updated_at: Set(now),
            ..Default::default()
        })
        .filter(pack::Column::Id.eq(current.id))
        .exec(db)
        .await?;
    Ok(())
}

/// The pack, held until the transaction ends against every other that would restate or supersede it;
/// who only refers to it need not wait.
async fn lock_restatable(db: &impl ConnectionTrait, id: &str) -> Result<pack::Model, Error> {
    let pack = pack::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(db)
        .await?;
    let pack = found(pack, id)?;
    if pack.status == PackStatus::Warming {
        return Err(Error::NotFrozen { id: pack.id });
    }
    let pack = require_current(db, pack).await?;
    let under_way = pack::Entity::find()
        .filter(pack::Column::AsofDate.eq(pack.asof_date))
        .filter(pack::Column::Restates.eq(pack.id.as_str()))
        .filter(pack::Column::Status.eq(PackStatus::Warming))
        .one(db)
        .await?;
    under_way.map_or(Ok(pack), |restatement| {
        Err(Error::RestatementWarming {
            id: id.to_owned(),
            restatement: restatement.id,
        })
    })
}

async fn require_current(
    db: &impl ConnectionTrait,
    pack: pack::Model,
) -> Result<pack::Model, Error> {
    let Some(superseded_by) = pack.superseded_by.clone() else {
        return Ok(pack);
    };
    let current = current_id(db, &pack).await?;
    Err(Error::NotCurrent {
        id: pack.id,
        current: current.unwrap_or(superseded_by),
    })
}

/// Failed restatements count as well: their ids are taken.
async fn last_revision(db: &impl ConnectionTrait, pack: &pack::Model) -> Result<i64, Error> {
    let last = pack::Entity::find()
        .filter(pack::Column::AsofDate.eq(pack.asof_date))
        .filter(pack::Column::Policy.eq(pack.policy.as_str()))
        .order_by_desc(pack::Column::Revision)
        .one(db)
        .await?;
    Ok(last.map_or(pack.revision, |last| last.revision))
}

async fn copy_content(
    db: &impl ConnectionTrait,
    from: &str,
    to: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    copy_rows::<price::Entity>(
        db,
        price::Column::PackId,
        price::Column::CreatedAt,
        (from, to),
        now,
    )
    .await?;
    copy_rows::<fx_rate::Entity>(
        db,
        fx_rate::Column::PackId,
        fx_rate::Column::CreatedAt,
        (from, to),
        now,
    )
    .await
}

/// In the database: no figure of a row is read, so that none can change.
async fn copy_rows<E: EntityTrait>(
    db: &impl ConnectionTrait,
    pack_id: E::Column,
    created_at: E::Column,
    (from, to): (&str, &str),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let copied: Vec<E::Column> = E::Column::iter()
        .filter(|column| !is_same(*column, pack_id) && !is_same(*column, created_at))
        .collect();
    let rows = Query::select()
        .columns(copied.iter().copied())
        .expr(Expr::val(to))
        .expr(Expr::val(now))
        .from(E::default())
        .and_where(Expr::col(pack_id).eq(from))
        .to_owned();
    let columns = copied.iter().copied().chain([pack_id, created_at]);
    let mut insert = Query::insert();
    insert.into_table(E::default()).columns(columns);
    insert
        .select_from(rows)
        .map_err(|error| db::DbErr::Custom(error.to_string()))?;
    db::query::execute(db, &insert).await?;
    Ok(())
}

fn is_same<C: IdenStatic>(one: C, other: C) -> bool {
    one.as_str() == other.as_str()
}
