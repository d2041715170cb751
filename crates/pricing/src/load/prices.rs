use std::{
    collections::{HashMap, hash_map::Entry},
    io::Read,
};

use chrono::{DateTime, Utc};
use db::Tx;
use entity::{pricing::price, values::SecurityId};
use identity::Ctx;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use serde::Deserialize;

use super::{
    Format, Held,
    fields::{self, RowFaults, Text},
    load_rows,
    records::{Columns, Records},
};
use crate::{
    Error, packs,
    securities::{self, Known},
};

pub(super) const COLUMNS: Columns = Columns {
    required: &["symbol", "close", "currency"],
    optional: &["open", "high", "low", "volume", "source", "adjustment"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPrice {
    symbol: Text,
    close: Text,
    currency: Text,
    open: Option<Text>,
    high: Option<Text>,
    low: Option<Text>,
    volume: Option<Text>,
    source: Option<Text>,
    adjustment: Option<Text>,
}

/// Loads prices into a warming pack; answers how many.
///
/// The fields are `symbol`, `close` and `currency`, and where known `open`, `high`, `low`,
/// `volume`, `source` (else `import`) and `adjustment` (else `raw`). Each security must be there,
/// be priced in its own currency, and have no other price in the file or the pack; a restatement lets
/// the price that it holds give way. [`Error::BadRows`] lists the faults by line.
pub async fn prices<R: Read + Send>(
    ctx: &Ctx,
    db: &Tx,
    pack_id: &str,
    format: Format,
    file: R,
) -> Result<u64, Error> {
    let pack = packs::lock_warming(db, pack_id).await?;
    let records = Records::open(format, file, &COLUMNS)?;
    let held = Held::of(&pack);
    let mut checker = Checker {
        securities: securities::by_symbol(db).await?,
        seen: match held {
            Held::Stays => already_priced(db, &pack.id).await?,
            Held::GivesWay => HashMap::new(),
        },
        pack_id: pack.id,
        now: ctx.now(),
    };
    load_rows(db, records, held, move |line, written| {
        checker.check(line, written)
    })
    .await
}

pub(super) struct Checker {
    pub securities: HashMap<String, Known>,
    /// The line of each security's price; `None` for one that the pack held before.
    pub seen: HashMap<SecurityId, Option<u64>>,
    pub pack_id: String,
    pub now: DateTime<Utc>,
}

impl Checker {
    pub fn check(
        &mut self,
        line: u64,
        row: WrittenPrice,
    ) -> Result<price::ActiveModel, Vec<String>> {
        let mut faults = RowFaults::default();
        let security = faults.note("symbol", self.claim(line, &row.symbol));
        let currency = faults.note("currency", currency_of(&row, security.as_ref()));
        let close = faults.note("close", fields::price(&row.close));
        let mut optional = |name, text: Option<Text>| {
            text.and_then(|text| faults.note(name, fields::price(&text)))
        };
        let open = optional("open", row.open);
        let high = optional("high", row.high);
        let low = optional("low", row.low);
        let volume = row
            .volume
            .and_then(|text| faults.note("volume", fields::volume(&text)));
        let source = faults.note("source", fields::source(row.source));
        let adjustment = faults.note("adjustment", fields::adjustment(row.adjustment.as_ref()));
        let (Some(security), Some(currency), Some(close), Some(source), Some(adjustment), true) = (
            security,
            currency,
            close,
            source,
            adjustment,
            faults.is_empty(),
        ) else {
            return Err(faults.into_details());
        };
        Ok(price::ActiveModel {
            security_id: Set(security.id),
            pack_id: Set(self.pack_id.clone()),
            close: Set(close),
            currency: Set(currency),
            open: Set(open),
            high: Set(high),
            low: Set(low),
            volume: Set(volume),
            source: Set(source),
            adjustment: Set(adjustment),
            created_at: Set(self.now),
        })
    }

    /// The security of a row, which no row before may have named.
    fn claim(&mut self, line: u64, symbol: &Text) -> Result<Known, String> {
        let Some(security) = self.securities.get(&symbol.0) else {
            return Err(format!(
                "unknown security `{}`: create it first (POST /v1/securities) or import the ledger \
                 that holds it",
                fields::shortened(symbol)
            ));
        };
        match self.seen.entry(security.id) {
            Entry::Vacant(place) => {
                place.insert(Some(line));
                Ok(security.clone())
            }
            Entry::Occupied(place) => Err(match place.get() {
                Some(first) => format!("`{}` has a price on line {first} already", symbol.0),
                None => format!("the pack has a price of `{}` already", symbol.0),
            }),
        }
    }
}

fn currency_of(row: &WrittenPrice, security: Option<&Known>) -> Result<String, String> {
    let currency = fields::currency(&row.currency)?;
    match security {
        Some(known) if known.currency != currency => Err(format!(
            "`{}` is priced in {}, its security's currency, not in {currency}",
            row.symbol.0, known.currency
        )),
        _ => Ok(currency),
    }
}

async fn already_priced(
    db: &impl ConnectionTrait,
    pack_id: &str,
) -> Result<HashMap<SecurityId, Option<u64>>, Error> {
    let ids: Vec<SecurityId> = price::Entity::find()
        .filter(price::Column::PackId.eq(pack_id))
        .select_only()
        .column(price::Column::SecurityId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(|id| (id, None)).collect())
}
