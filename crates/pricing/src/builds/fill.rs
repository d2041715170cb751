use db::Tx;
use entity::pricing::{fx_rate, pack, price};
use identity::Ctx;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use crate::{
    Error, build,
    packs::{self, verify},
    quotes, securities,
    sources::Gathered,
};

/// What a pack was filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    pub prices: usize,
    pub fx_rates: usize,
    /// That the pack will have when it is frozen as it is.
    pub hash: String,
}

/// Makes what was gathered the whole content of a warming pack, and its report the pack's `sources`. What
/// the pack held before, from an attempt before or as a restatement, is gone. [`Error::Empty`] for nothing.
pub async fn fill(ctx: &Ctx, db: &Tx, pack_id: &str, made: &Gathered) -> Result<Filled, Error> {
    let pack = packs::lock_warming(db, pack_id).await?;
    let (prices, fx_rates) = (made.content.prices.len(), made.content.fx_rates.len());
    if prices + fx_rates == 0 {
        return Err(Error::Empty { id: pack.id });
    }
    empty(db, pack_id).await?;
    let registered = securities::by_symbol(db).await?;
    let sources = serde_json::to_value(&made.report).map_err(|error| Error::Invalid {
        field: "/sources",
        detail: error.to_string(),
    })?;
    let filled = pack::Model {
        sources_json: sources.clone(),
        updated_at: ctx.now(),
        ..pack
    };
    pack::Entity::update_many()
        .set(pack::ActiveModel {
            sources_json: Set(sources),
            prewarm_done: Set(false),
            updated_at: Set(filled.updated_at),
            ..Default::default()
        })
        .filter(pack::Column::Id.eq(pack_id))
        .exec(db)
        .await?;
    build::insert_content(db, &registered, filled, made.content.clone()).await?;
    Ok(Filled {
        prices,
        fx_rates,
        hash: made.content.hash(),
    })
}

/// Reads a warming pack as it is stored, as a valuation does, and makes sure that it is what it was filled
/// with, `hash`; then it is warm. [`Error::OtherContent`] where it has been changed since.
pub async fn check_stored(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    pack_id: &str,
    hash: &str,
) -> Result<(), Error> {
    let pack = packs::lock_warming(db, pack_id).await?;
    let stored = verify(ctx, db, pack_id).await?;
    if stored.computed_hash != hash {
        return Err(Error::OtherContent {
            id: pack.id,
            built: hash.to_owned(),
            stored: stored.computed_hash,
        });
    }
    quotes::load(ctx, db, &pack).await?;
    pack::Entity::update_many()
        .set(pack::ActiveModel {
            prewarm_done: Set(true),
            updated_at: Set(ctx.now()),
            ..Default::default()
        })
        .filter(pack::Column::Id.eq(pack_id))
        .exec(db)
        .await?;
    Ok(())
}

async fn empty(db: &impl ConnectionTrait, pack_id: &str) -> Result<(), Error> {
    price::Entity::delete_many()
        .filter(price::Column::PackId.eq(pack_id))
        .exec(db)
        .await?;
    fx_rate::Entity::delete_many()
        .filter(fx_rate::Column::PackId.eq(pack_id))
        .exec(db)
        .await?;
    Ok(())
}
