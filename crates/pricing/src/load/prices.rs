use std::io::Read;

use chrono::{DateTime, Utc};
use db::Tx;
use entity::{books::security, pricing::price, values::SecurityId};
use identity::Ctx;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde::Deserialize;

use super::{
    Format, Held,
    fields::{self, RowFaults, Text},
    listing::{Listing, Priced},
    load_rows,
    records::{Columns, Records},
};
use crate::{
    Error,
    packs::{self, stored_prices},
};

const ROWS_AT_ONCE: u64 = 10_000;

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
    let mut listing = Listing::load(db).await?;
    if held == Held::Stays {
        mark_priced(db, &pack.id, &mut listing).await?;
    }
    let mut checker = Checker {
        listing,
        pack_id: pack.id,
        now: ctx.now(),
    };
    load_rows(db, records, held, move |line, written| {
        checker.check(line, written)
    })
    .await
}

pub(super) struct Checker {
    pub listing: Listing,
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
        let known = security.as_ref().map(|(_, currency)| currency.as_str());
        let currency = faults.note("currency", currency_of(&row, known));
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
        let (
            Some((security, _)),
            Some(currency),
            Some(close),
            Some(source),
            Some(adjustment),
            true,
        ) = (
            security,
            currency,
            close,
            source,
            adjustment,
            faults.is_empty(),
        )
        else {
            return Err(faults.into_details());
        };
        Ok(price::ActiveModel {
            security_id: Set(security),
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

    /// The security of a row with its currency, which no row before may have named.
    fn claim(&mut self, line: u64, symbol: &Text) -> Result<(SecurityId, String), String> {
        let Some(security) = self.listing.find(&symbol.0) else {
            return Err(format!(
                "unknown security `{}`: create it first (POST /v1/securities) or import the ledger \
                 that holds it",
                fields::shortened(symbol)
            ));
        };
        match security.priced {
            Priced::No => {
                security.priced = Priced::OnLine(line);
                Ok((security.id, security.currency().to_owned()))
            }
            Priced::OnLine(first) => Err(format!(
                "`{}` has a price on line {first} already",
                symbol.0
            )),
            Priced::Before => Err(format!("the pack has a price of `{}` already", symbol.0)),
        }
    }
}

fn currency_of(row: &WrittenPrice, known: Option<&str>) -> Result<String, String> {
    let currency = fields::currency(&row.currency)?;
    match known {
        Some(known) if known != currency => Err(format!(
            "`{}` is priced in {known}, its security's currency, not in {currency}",
            row.symbol.0
        )),
        _ => Ok(currency),
    }
}

/// Marks the securities that the pack has prices of.
async fn mark_priced(
    db: &impl ConnectionTrait,
    pack_id: &str,
    listing: &mut Listing,
) -> Result<(), Error> {
    let mut after: Option<SecurityId> = None;
    loop {
        let prices = stored_prices(pack_id)
            .select_only()
            .columns([price::Column::SecurityId])
            .column(security::Column::Symbol)
            .order_by_asc(price::Column::SecurityId)
            .limit(ROWS_AT_ONCE);
        let prices = match after {
            Some(last) => prices.filter(price::Column::SecurityId.gt(last)),
            None => prices,
        };
        let rows: Vec<(SecurityId, String)> = prices.into_tuple().all(db).await?;
        let Some((last, _)) = rows.last() else {
            return Ok(());
        };
        after = Some(*last);
        for (_, symbol) in &rows {
            if let Some(security) = listing.find(symbol) {
                security.priced = Priced::Before;
            }
        }
    }
}
