//! Which pack a valuation is made with.

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{pricing::pack, values::PackStatus};
use identity::Ctx;
use pricing::{DEFAULT_POLICY, packs};

use crate::problem::{PackAtFault, Problem, kinds};

/// The pack that is named, else the newest fresh one of the default policy, dated `asof` or before; `None` if
/// there is none.
pub async fn named_or_latest(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    named: Option<&str>,
    asof: NaiveDate,
) -> Result<Option<pack::Model>, Problem> {
    let Some(id) = named else {
        return Ok(packs::latest_fresh(ctx, db, DEFAULT_POLICY, Some(asof)).await?);
    };
    let named = packs::find(ctx, db, id).await?;
    if named.status == PackStatus::Warming {
        return Err(still_warming(named));
    }
    Ok(Some(named))
}

pub fn no_fresh_pack(asof: NaiveDate) -> Problem {
    let detail = format!(
        "there is no fresh pricing pack of the policy {DEFAULT_POLICY} dated {asof} or before; \
         build one, or name one with pack_id"
    );
    Problem::new(kinds::PACK_NOT_FOUND, detail)
}

fn still_warming(pack: pack::Model) -> Problem {
    let detail = format!(
        "pricing pack {} is still warming; try again when it is fresh",
        pack.id
    );
    let pack = PackAtFault {
        id: pack.id,
        status: pack.status,
        prewarm_done: Some(pack.prewarm_done),
    };
    Problem::new(kinds::PACK_WARMING, detail)
        .about_pack(pack)
        .retry_later()
}
