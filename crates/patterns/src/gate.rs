//! Which pack a run may use.
//!
//! The newest pack decides, whatever its status: a warming pack is never passed over in silence for
//! an older fresh one. Whoever names a pack, or waives freshness, has decided for themselves. A
//! warming pack has no hash yet, so no run can be proved on it: it is refused in every case.

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{pricing::pack, values::PackStatus};
use identity::Ctx;
use pricing::{DEFAULT_POLICY, packs};

use crate::Error;

pub(crate) struct Wanted<'a> {
    pub pack_id: Option<&'a str>,
    /// Only packs dated on or before it.
    pub asof: Option<NaiveDate>,
    pub require_fresh: bool,
}

pub(crate) async fn choose_pack(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    wanted: &Wanted<'_>,
) -> Result<pack::Model, Error> {
    if let Some(id) = wanted.pack_id {
        let named = packs::find(ctx, db, id)
            .await
            .map_err(|error| match error {
                pricing::Error::PackNotFound { id } => Error::PackNotFound {
                    what: format!("`{id}`"),
                },
                other => other.into(),
            })?;
        return admit(named, wanted.require_fresh);
    }
    let newest = match wanted.asof {
        Some(date) => packs::latest_on_or_before(ctx, db, DEFAULT_POLICY, date).await?,
        None => packs::latest(ctx, db, DEFAULT_POLICY).await?,
    };
    let newest = newest.ok_or_else(|| Error::PackNotFound {
        what: describe(wanted.asof),
    })?;
    if newest.status != PackStatus::Fresh && !wanted.require_fresh {
        let older = packs::latest_fresh(ctx, db, DEFAULT_POLICY, wanted.asof).await?;
        return older.map_or_else(|| admit(newest, true), Ok);
    }
    admit(newest, wanted.require_fresh)
}

fn admit(pack: pack::Model, require_fresh: bool) -> Result<pack::Model, Error> {
    match pack.status {
        PackStatus::Fresh => Ok(pack),
        PackStatus::Error if !require_fresh => Ok(pack),
        PackStatus::Warming => Err(Error::PackWarming {
            pack_id: pack.id,
            status: pack.status,
            prewarm_done: pack.prewarm_done,
        }),
        PackStatus::Error => Err(Error::PackFailed {
            pack_id: pack.id,
            message: pack
                .error_message
                .unwrap_or_else(|| "no reason was given".to_owned()),
        }),
    }
}

fn describe(asof: Option<NaiveDate>) -> String {
    match asof {
        Some(date) => format!("of policy {DEFAULT_POLICY} on or before {date}"),
        None => format!("of policy {DEFAULT_POLICY}"),
    }
}
