//! The life of a pack: made warming, filled, frozen with its hash, checked by anyone.

mod adjustments;
mod diff;
mod freeze;
mod list;
mod read;
mod reconcile;
mod restate;
mod verify;

pub(crate) use adjustments::require_one as require_one_adjustment;
pub use diff::{PackDiff, diff};
pub use freeze::{mark_error, mark_fresh};
pub use list::{Filter, fx_rates, list, prices};
pub use read::content;
pub(crate) use read::stored_prices;
pub use reconcile::{MOST_ERROR_BPS, Outcome, content_hash, find_and_hold, record_reconciliation};
pub use restate::{NewRestatement, restate, superseded_by};
pub use verify::{Verification, export, proof, verify};

use chrono::NaiveDate;
use entity::{pricing::pack, values::PackStatus};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    TryInsertResult,
};

use crate::{DEFAULT_POLICY, Error, ids};

/// Where it is told that a pack was frozen or superseded, with its id: a channel of [`db::hints`].
pub const CHANGES: &str = "pricing_packs";

/// What a new pack is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPack {
    pub asof_date: NaiveDate,
    /// [`DEFAULT_POLICY`] when absent. Letters, digits, `_`, `-` and `.`, at most 64.
    pub policy: Option<String>,
    /// An object that says where the content comes from, or null. Not covered by the hash.
    pub sources: serde_json::Value,
}

/// Makes an empty, warming pack. [`Error::PackExists`] where its date and policy have one already.
pub async fn create(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    new: NewPack,
) -> Result<pack::Model, Error> {
    let pack = new_row(ctx, new)?;
    if let Some(id) = current_id(db, &pack).await? {
        return Err(exists(pack, id));
    }
    let inserted = pack::Entity::insert(pack::ActiveModel::from(pack.clone()))
        .on_conflict_do_nothing()
        .exec_without_returning(db)
        .await?;
    match inserted {
        TryInsertResult::Inserted(rows) if rows > 0 => Ok(pack),
        // Another made it in between.
        _ => {
            let id = pack.id.clone();
            Err(exists(pack, id))
        }
    }
}

/// The row of a pack that has just been made, checked but not yet written.
pub(crate) fn new_row(ctx: &Ctx, new: NewPack) -> Result<pack::Model, Error> {
    let policy = new.policy.unwrap_or_else(|| DEFAULT_POLICY.to_owned());
    ids::check_policy(&policy)?;
    ids::check_asof(new.asof_date)?;
    let now = ctx.now();
    Ok(pack::Model {
        id: ids::pack_id(new.asof_date, &policy, 0),
        asof_date: new.asof_date,
        policy,
        revision: 0,
        hash: None,
        superseded_by: None,
        sources_json: checked_sources(new.sources)?,
        status: PackStatus::Warming,
        is_fresh: false,
        prewarm_done: false,
        reconciliation_passed: false,
        reconciliation_failed: false,
        reconciliation_error_bps: None,
        error_message: None,
        created_at: now,
        updated_at: now,
        restates: None,
        restatement_reason: None,
        reconciled_hash: None,
    })
}

/// The id of the current pack of the same date and policy.
async fn current_id(db: &impl ConnectionTrait, of: &pack::Model) -> Result<Option<String>, Error> {
    let current = pack::Entity::find()
        .filter(pack::Column::AsofDate.eq(of.asof_date))
        .filter(pack::Column::Policy.eq(of.policy.as_str()))
        .filter(pack::Column::SupersededBy.is_null())
        .one(db)
        .await?;
    Ok(current.map(|pack| pack.id))
}

fn exists(new: pack::Model, id: String) -> Error {
    Error::PackExists {
        asof: new.asof_date,
        policy: new.policy,
        id,
    }
}

fn checked_sources(sources: serde_json::Value) -> Result<serde_json::Value, Error> {
    let refuse = |detail: &str| Error::Invalid {
        field: "/sources",
        detail: detail.to_owned(),
    };
    match sources {
        serde_json::Value::Null => Ok(serde_json::json!({})),
        serde_json::Value::Object(_) if holds_nul(&sources) => Err(refuse(
            "the sources hold the character U+0000, which cannot be stored",
        )),
        serde_json::Value::Object(_) => Ok(sources),
        _ => Err(refuse("the sources must be an object")),
    }
}

/// Text that a person gave, without the space around it; `what` is its name.
fn checked_text<'t>(
    field: &'static str,
    what: &str,
    text: &'t str,
    longest: usize,
) -> Result<&'t str, Error> {
    let text = text.trim();
    let refuse = |detail: String| Err(Error::Invalid { field, detail });
    if text.is_empty() {
        return refuse(format!("give a {what}: it is kept with the pack"));
    }
    if text.chars().nth(longest).is_some() {
        return refuse(format!("the {what} is longer than {longest} characters"));
    }
    if text.contains('\0') {
        return refuse(format!(
            "the {what} holds the character U+0000, which cannot be stored"
        ));
    }
    Ok(text)
}

fn holds_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(holds_nul),
        serde_json::Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// The pack with this id, whatever its status.
pub async fn find(_ctx: &Ctx, db: &impl ConnectionTrait, id: &str) -> Result<pack::Model, Error> {
    found(pack::Entity::find_by_id(id).one(db).await?, id)
}

/// The newest pack of a policy that none supersedes, whatever its status.
pub async fn latest(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    policy: &str,
) -> Result<Option<pack::Model>, Error> {
    Ok(current_of(policy).one(db).await?)
}

/// As [`latest`], among the packs dated `date` or before.
pub async fn latest_on_or_before(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    policy: &str,
    date: NaiveDate,
) -> Result<Option<pack::Model>, Error> {
    Ok(current_of(policy)
        .filter(pack::Column::AsofDate.lte(date))
        .one(db)
        .await?)
}

/// The newest fresh pack, dated on or before a date if one is given.
pub async fn latest_fresh(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    policy: &str,
    on_or_before: Option<NaiveDate>,
) -> Result<Option<pack::Model>, Error> {
    let fresh = current_of(policy).filter(pack::Column::Status.eq(PackStatus::Fresh));
    let dated = match on_or_before {
        Some(date) => fresh.filter(pack::Column::AsofDate.lte(date)),
        None => fresh,
    };
    Ok(dated.one(db).await?)
}

/// As [`latest`], or as [`latest_on_or_before`] a date, where a pack there must be.
pub async fn require_latest(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    policy: &str,
    asof: Option<NaiveDate>,
) -> Result<pack::Model, Error> {
    let found = match asof {
        Some(date) => latest_on_or_before(ctx, db, policy, date).await?,
        None => latest(ctx, db, policy).await?,
    };
    found.ok_or_else(|| Error::NoPack {
        policy: policy.to_owned(),
        asof,
    })
}

/// The newest first; the unique index of current packs answers it from its end.
fn current_of(policy: &str) -> Select<pack::Entity> {
    pack::Entity::find()
        .filter(pack::Column::Policy.eq(policy))
        .filter(pack::Column::SupersededBy.is_null())
        .order_by_desc(pack::Column::AsofDate)
}

/// The pack, held until the transaction ends against every other that would fill or freeze it.
pub(crate) async fn lock_warming(
    db: &impl ConnectionTrait,
    id: &str,
) -> Result<pack::Model, Error> {
    let pack = found(
        pack::Entity::find_by_id(id)
            .lock_exclusive()
            .one(db)
            .await?,
        id,
    )?;
    if pack.status != PackStatus::Warming {
        return Err(Error::NotWarming {
            id: pack.id,
            status: pack.status,
        });
    }
    Ok(pack)
}

fn found(pack: Option<pack::Model>, id: &str) -> Result<pack::Model, Error> {
    pack.ok_or_else(|| Error::PackNotFound { id: id.to_owned() })
}
