//! Packs from a ledger's price directives.

mod newest;
mod store;

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use db::Tx;
use entity::pricing::pack;
use identity::Ctx;
use ledger::Ledger;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    Error,
    content::Content,
    ids,
    packs::{self, NewPack},
    securities::{self, Known},
};
use newest::NewestPrices;

/// Packs are written together until they hold this many rows.
const ROWS_AT_ONCE: usize = 2_000;

/// What a pack made from `ledger` on `asof` holds, with no database.
///
/// A commodity that the ledger ever held at cost, or that is no currency of ISO 4217, has the
/// newest of its prices on or before the date: in the currency that it last cost if it has one in
/// that, else in any. Two currencies have the newest of their rates, whichever way round it is
/// written. Where the newest is not above zero there is no row: a pack holds positive figures.
pub fn content_of_ledger(ledger: &Ledger, asof: NaiveDate, policy: &str) -> Content {
    let cost_currencies = newest::cost_currencies(ledger);
    let mut newest = NewestPrices::new(ledger, |symbol| cost_currencies.contains_key(symbol));
    newest.advance_to(asof);
    newest.content(asof, policy, |symbol| {
        Some(cost_currencies.get(symbol).copied())
    })
}

/// Makes a warming pack of the newest prices and rates in `ledger` on or before `asof`.
///
/// As [`content_of_ledger`], for the securities that are registered and in their own currency if
/// the ledger has a price in that; prices of other commodities are passed over. [`Error::Empty`]
/// where nothing is left, and then nothing is made.
pub async fn from_ledger(
    ctx: &Ctx,
    db: &Tx,
    ledger: &Ledger,
    asof: NaiveDate,
    policy: &str,
) -> Result<pack::Model, Error> {
    let registered = securities::by_symbol(db).await?;
    let mut newest = newest_of_registered(ledger, &registered);
    newest.advance_to(asof);
    let content = content_of_registered(&newest, &registered, asof, policy);
    if row_count(&content) == 0 {
        return Err(Error::Empty {
            id: ids::pack_id(asof, policy, 0),
        });
    }
    let pack = packs::create(ctx, db, new_pack(asof, policy)).await?;
    store::insert_rows(db, &registered, &[(pack.clone(), content)]).await?;
    Ok(pack)
}

/// Makes one pack for each date, as [`from_ledger`] does, and freezes them as `fresh` if
/// `mark_fresh` says so; answers how many were made.
///
/// A date on which the ledger has no price yet gets no pack. [`Error::PackExists`] if a date has
/// one already. `on_progress` hears how many packs are written so far. The ledger is gone through
/// once, and each hash is computed from the rows in memory.
pub async fn many_from_ledger(
    ctx: &Ctx,
    db: &Tx,
    ledger: &Ledger,
    dates: &[NaiveDate],
    policy: &str,
    mark_fresh: bool,
    on_progress: impl Fn(usize) + Send,
) -> Result<usize, Error> {
    let dates: BTreeSet<NaiveDate> = dates.iter().copied().collect();
    refuse_existing(db, policy, &dates).await?;
    let registered = securities::by_symbol(db).await?;
    let mut newest = newest_of_registered(ledger, &registered);
    let (mut batch, mut rows, mut made) = (Vec::new(), 0, 0);
    for date in &dates {
        newest.advance_to(*date);
        let content = content_of_registered(&newest, &registered, *date, policy);
        if row_count(&content) > 0 {
            rows += row_count(&content);
            batch.push((packs::new_row(ctx, new_pack(*date, policy))?, content));
        }
        if rows >= ROWS_AT_ONCE || Some(date) == dates.last() {
            store::insert_packs(db, &batch).await?;
            store::insert_rows(db, &registered, &batch).await?;
            if mark_fresh {
                store::mark_fresh(ctx, db, &batch).await?;
            }
            made += batch.len();
            rows = 0;
            batch.clear();
            on_progress(made);
        }
    }
    Ok(made)
}

/// Writes a content into a pack that is there and holds nothing.
pub(crate) async fn insert_content(
    db: &Tx,
    registered: &HashMap<String, Known>,
    pack: pack::Model,
    content: Content,
) -> Result<(), Error> {
    store::insert_rows(db, registered, &[(pack, content)]).await
}

fn new_pack(asof_date: NaiveDate, policy: &str) -> NewPack {
    let sources = serde_json::json!({ "from": newest::SOURCE });
    NewPack {
        asof_date,
        policy: Some(policy.to_owned()),
        sources,
    }
}

fn row_count(content: &Content) -> usize {
    content.prices.len() + content.fx_rates.len()
}

async fn refuse_existing(
    db: &impl ConnectionTrait,
    policy: &str,
    dates: &BTreeSet<NaiveDate>,
) -> Result<(), Error> {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        return Ok(());
    };
    let current: Vec<(NaiveDate, String)> = pack::Entity::find()
        .filter(pack::Column::Policy.eq(policy))
        .filter(pack::Column::SupersededBy.is_null())
        .filter(pack::Column::AsofDate.between(*first, *last))
        .select_only()
        .columns([pack::Column::AsofDate, pack::Column::Id])
        .into_tuple()
        .all(db)
        .await?;
    let taken = current.into_iter().find(|(date, _)| dates.contains(date));
    taken.map_or(Ok(()), |(asof, id)| {
        Err(Error::PackExists {
            asof,
            policy: policy.to_owned(),
            id,
        })
    })
}

fn newest_of_registered<'l>(
    ledger: &'l Ledger,
    registered: &HashMap<String, Known>,
) -> NewestPrices<'l> {
    let cost_currencies = newest::cost_currencies(ledger);
    NewestPrices::new(ledger, |symbol| {
        registered.contains_key(symbol) || cost_currencies.contains_key(symbol)
    })
}

fn content_of_registered(
    newest: &NewestPrices,
    registered: &HashMap<String, Known>,
    asof: NaiveDate,
    policy: &str,
) -> Content {
    newest.content(asof, policy, |symbol| {
        registered
            .get(symbol)
            .map(|known| Some(known.currency.as_str()))
    })
}
