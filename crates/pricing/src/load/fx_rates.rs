use std::{
    collections::{HashMap, hash_map::Entry},
    io::Read,
};

use chrono::{DateTime, Utc};
use db::Tx;
use entity::pricing::fx_rate;
use identity::Ctx;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use serde::Deserialize;

use super::{
    Format, Held,
    fields::{self, RowFaults, Text},
    load_rows,
    records::{Columns, Records},
};
use crate::{Error, packs};

pub(super) const COLUMNS: Columns = Columns {
    required: &["base", "quote", "rate"],
    optional: &["source"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRate {
    base: Text,
    quote: Text,
    rate: Text,
    source: Option<Text>,
}

/// Loads FX rates into a warming pack; answers how many.
///
/// The fields are `base`, `quote` and `rate` (units of quote for one of base), and where known
/// `source` (else `import`). A pair may stand once in the file and the pack; a
/// restatement lets the rate that it holds give way. [`Error::BadRows`] lists the faults by line.
pub async fn fx_rates<R: Read + Send>(
    ctx: &Ctx,
    db: &Tx,
    pack_id: &str,
    format: Format,
    file: R,
) -> Result<u64, Error> {
    let pack = packs::lock_warming(db, pack_id).await?;
    let records = Records::open(format, file, &COLUMNS)?;
    let held = Held::of(&pack);
    let seen = match held {
        Held::Stays => already_rated(db, &pack.id).await?,
        Held::GivesWay => HashMap::new(),
    };
    let mut checker = Checker {
        seen,
        pack_id: pack.id,
        now: ctx.now(),
    };
    load_rows(db, records, held, move |line, written| {
        checker.check(line, written)
    })
    .await
}

pub(super) struct Checker {
    /// The line of each pair's rate; `None` for one that the pack held before.
    pub seen: HashMap<(String, String), Option<u64>>,
    pub pack_id: String,
    pub now: DateTime<Utc>,
}

impl Checker {
    pub fn check(
        &mut self,
        line: u64,
        row: WrittenRate,
    ) -> Result<fx_rate::ActiveModel, Vec<String>> {
        let mut faults = RowFaults::default();
        let base = faults.note("base", fields::currency(&row.base));
        let quote = faults.note("quote", fields::currency(&row.quote));
        let rate = faults.note("rate", fields::rate(&row.rate));
        let source = faults.note("source", fields::source(row.source));
        if let (Some(base), Some(quote)) = (&base, &quote) {
            faults.note("quote", self.claim(line, base, quote));
        }
        let (Some(base), Some(quote), Some(rate), Some(source), true) =
            (base, quote, rate, source, faults.is_empty())
        else {
            return Err(faults.into_details());
        };
        Ok(fx_rate::ActiveModel {
            base: Set(base),
            quote: Set(quote),
            pack_id: Set(self.pack_id.clone()),
            rate: Set(rate),
            source: Set(source),
            created_at: Set(self.now),
        })
    }

    fn claim(&mut self, line: u64, base: &str, quote: &str) -> Result<(), String> {
        if base == quote {
            return Err(format!(
                "a rate from {base} to itself is always 1 and is not stored"
            ));
        }
        match self.seen.entry((base.to_owned(), quote.to_owned())) {
            Entry::Vacant(place) => {
                place.insert(Some(line));
                Ok(())
            }
            Entry::Occupied(place) => Err(match place.get() {
                Some(first) => format!("{base}/{quote} has a rate on line {first} already"),
                None => format!("the pack has a rate of {base}/{quote} already"),
            }),
        }
    }
}

async fn already_rated(
    db: &impl ConnectionTrait,
    pack_id: &str,
) -> Result<HashMap<(String, String), Option<u64>>, Error> {
    let pairs: Vec<(String, String)> = fx_rate::Entity::find()
        .filter(fx_rate::Column::PackId.eq(pack_id))
        .select_only()
        .columns([fx_rate::Column::Base, fx_rate::Column::Quote])
        .into_tuple()
        .all(db)
        .await?;
    Ok(pairs.into_iter().map(|pair| (pair, None)).collect())
}
