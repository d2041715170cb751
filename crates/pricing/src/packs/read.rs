//! A pack's rows as they are stored, read by pages of the key in one index range.

use std::io;

use entity::{
    books::security,
    pricing::{fx_rate, pack, price},
    values::{Price, PriceAdjustment, Quantity, SecurityId},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationDef, Select,
};

use super::find;
use crate::{
    Error,
    content::{Content, FxRow, Leaves, PriceRow, SortedLeaves},
};

const ROWS_AT_ONCE: u64 = 2_000;

/// All that a pack holds now.
pub async fn content(ctx: &Ctx, db: &impl ConnectionTrait, id: &str) -> Result<Content, Error> {
    let pack = find(ctx, db, id).await?;
    let (mut prices, mut fx_rates) = (Vec::new(), Vec::new());
    each_price(db, &pack.id, |price| {
        prices.push(price);
        Ok(())
    })
    .await?;
    each_fx_rate(db, &pack.id, |rate| {
        fx_rates.push(rate);
        Ok(())
    })
    .await?;
    Ok(Content {
        asof_date: pack.asof_date,
        policy: pack.policy,
        prices,
        fx_rates,
    })
}

/// The canonical rows of what a pack holds now.
pub(super) async fn leaves(db: &impl ConnectionTrait, pack: &pack::Model) -> Result<Leaves, Error> {
    let mut leaves = Leaves::new(pack.asof_date, &pack.policy);
    each_price(db, &pack.id, |price| leaves.push_price(&price)).await?;
    each_fx_rate(db, &pack.id, |rate| leaves.push_fx_rate(&rate)).await?;
    Ok(leaves)
}

/// The hash of leaves. Millions of them take seconds, which nobody else on the thread waits for.
pub(super) async fn hash(leaves: Leaves) -> Result<String, Error> {
    off_thread(|| leaves.hash()).await
}

/// As [`hash`], the leaves themselves.
pub(super) async fn sorted(leaves: Leaves) -> Result<SortedLeaves, Error> {
    off_thread(|| leaves.sorted()).await
}

pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome
        .map_err(io::Error::other)
        .flatten()
        .map_err(Error::Scratch)
}

/// The canonical row of one security's price, if the pack has it.
pub(super) async fn price_leaf(
    db: &impl ConnectionTrait,
    pack_id: &str,
    symbol: &str,
) -> Result<Option<String>, Error> {
    let stored = stored_prices(pack_id)
        .filter(security::Column::Symbol.eq(symbol))
        .into_model::<StoredPrice>()
        .one(db)
        .await?;
    Ok(stored.map(|row| PriceRow::from(row).leaf()))
}

async fn each_price(
    db: &impl ConnectionTrait,
    pack_id: &str,
    mut each: impl FnMut(PriceRow) -> io::Result<()>,
) -> Result<(), Error> {
    let mut after: Option<SecurityId> = None;
    loop {
        let mut query = stored_prices(pack_id)
            .order_by_asc(price::Column::SecurityId)
            .limit(ROWS_AT_ONCE);
        if let Some(last) = after {
            query = query.filter(price::Column::SecurityId.gt(last));
        }
        let rows = query.into_model::<StoredPrice>().all(db).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(last.security_id);
        for row in rows {
            each(row.into()).map_err(Error::Scratch)?;
        }
    }
}

async fn each_fx_rate(
    db: &impl ConnectionTrait,
    pack_id: &str,
    mut each: impl FnMut(FxRow) -> io::Result<()>,
) -> Result<(), Error> {
    let mut after: Option<(String, String)> = None;
    loop {
        let rows = stored_fx_rates(pack_id, after.as_ref(), ROWS_AT_ONCE)
            .all(db)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some((last.base.clone(), last.quote.clone()));
        for row in rows {
            each(row.into()).map_err(Error::Scratch)?;
        }
    }
}

/// A pack's prices with their symbols, as [`StoredPrice`].
pub(crate) fn stored_prices(pack_id: &str) -> Select<price::Entity> {
    price::Entity::find()
        .column(security::Column::Symbol)
        .join(JoinType::InnerJoin, price_of_security())
        .filter(price::Column::PackId.eq(pack_id))
}

fn price_of_security() -> RelationDef {
    price::Entity::belongs_to(security::Entity)
        .from(price::Column::SecurityId)
        .to(security::Column::Id)
        .into()
}

/// The rates of a pack that come after a pair, in the order of their pairs.
pub(super) fn stored_fx_rates(
    pack_id: &str,
    after: Option<&(String, String)>,
    limit: u64,
) -> Select<fx_rate::Entity> {
    let (base, quote) = (fx_rate::Column::Base, fx_rate::Column::Quote);
    let query = fx_rate::Entity::find()
        .filter(fx_rate::Column::PackId.eq(pack_id))
        .order_by_asc(base)
        .order_by_asc(quote)
        .limit(limit);
    let Some((last_base, last_quote)) = after else {
        return query;
    };
    let later = Condition::any()
        .add(base.gt(last_base))
        .add(quote.gt(last_quote));
    query.filter(base.gte(last_base)).filter(later)
}

/// A row of [`stored_prices`].
#[derive(FromQueryResult)]
pub(crate) struct StoredPrice {
    pub security_id: SecurityId,
    pub symbol: String,
    pub close: Price,
    pub currency: String,
    pub open: Option<Price>,
    pub high: Option<Price>,
    pub low: Option<Price>,
    pub volume: Option<Quantity>,
    pub source: String,
    pub adjustment: PriceAdjustment,
}

impl From<StoredPrice> for PriceRow {
    fn from(row: StoredPrice) -> Self {
        Self {
            symbol: row.symbol,
            close: row.close,
            currency: row.currency,
            open: row.open,
            high: row.high,
            low: row.low,
            volume: row.volume,
            source: row.source,
            adjustment: row.adjustment,
        }
    }
}

impl From<fx_rate::Model> for FxRow {
    fn from(row: fx_rate::Model) -> Self {
        Self {
            base: row.base,
            quote: row.quote,
            rate: row.rate,
            source: row.source,
        }
    }
}
