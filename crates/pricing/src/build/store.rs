//! Writing many packs that were made in memory.

use std::collections::HashMap;

use db::{Tx, query::execute_many};
use entity::{
    pricing::{fx_rate, pack, price},
    values::PackStatus,
};
use identity::Ctx;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use crate::{Error, content::Content, securities::Known};

/// A pack's row and what it is to hold.
pub(super) type MadePack = (pack::Model, Content);

pub(super) async fn insert_packs(db: &Tx, packs: &[MadePack]) -> Result<(), Error> {
    let rows: Vec<_> = packs
        .iter()
        .map(|(pack, _)| pack::ActiveModel::from(pack.clone()))
        .collect();
    execute_many(db, rows).await?;
    Ok(())
}

/// Writes the content of packs that are there; every price is of a security in `registered`.
pub(super) async fn insert_rows(
    db: &Tx,
    registered: &HashMap<String, Known>,
    packs: &[MadePack],
) -> Result<(), Error> {
    let prices: Vec<_> = packs
        .iter()
        .flat_map(|pack| price_rows(pack, registered))
        .collect();
    execute_many(db, prices).await?;
    let fx_rates: Vec<_> = packs.iter().flat_map(fx_rows).collect();
    execute_many(db, fx_rates).await?;
    Ok(())
}

fn price_rows(
    (pack, content): &MadePack,
    registered: &HashMap<String, Known>,
) -> impl Iterator<Item = price::ActiveModel> {
    content.prices.iter().filter_map(|row| {
        Some(price::ActiveModel {
            security_id: Set(registered.get(&row.symbol)?.id),
            pack_id: Set(pack.id.clone()),
            close: Set(row.close),
            currency: Set(row.currency.clone()),
            open: Set(row.open),
            high: Set(row.high),
            low: Set(row.low),
            volume: Set(row.volume),
            source: Set(row.source.clone()),
            adjustment: Set(row.adjustment),
            created_at: Set(pack.created_at),
        })
    })
}

fn fx_rows((pack, content): &MadePack) -> impl Iterator<Item = fx_rate::ActiveModel> {
    content.fx_rates.iter().map(|row| fx_rate::ActiveModel {
        base: Set(row.base.clone()),
        quote: Set(row.quote.clone()),
        pack_id: Set(pack.id.clone()),
        rate: Set(row.rate),
        source: Set(row.source.clone()),
        created_at: Set(pack.created_at),
    })
}

/// Freezes packs whose rows the transaction has just written itself, so that the hash of what is in
/// memory is that of what is stored.
pub(super) async fn mark_fresh(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    packs: &[MadePack],
) -> Result<(), Error> {
    for (pack, content) in packs {
        let fresh = pack::ActiveModel {
            status: Set(PackStatus::Fresh),
            is_fresh: Set(true),
            prewarm_done: Set(true),
            hash: Set(Some(content.hash())),
            updated_at: Set(ctx.now()),
            ..Default::default()
        };
        pack::Entity::update_many()
            .set(fresh)
            .filter(pack::Column::Id.eq(pack.id.as_str()))
            .exec(db)
            .await?;
    }
    Ok(())
}
