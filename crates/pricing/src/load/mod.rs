//! Filling a warming pack from a file of prices or of FX rates: all of it or none.
//!
//! A file is read row by row and copied in batches inside the caller's transaction; what stays in
//! memory is some dozen bytes for each security or pair, to find what stands twice. Every fault is
//! reported with its line, up to fifty, and any fault refuses the file: nothing of it stays.
//!
//! A restatement begins as a copy of the pack that it restates: there, and there alone, a row takes the
//! place of the one that the pack holds. Within one file nothing may stand twice in any case.

mod fields;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod fx_rates;
mod lines;
mod listing;
mod prices;
mod records;

pub use fx_rates::fx_rates;
pub use prices::prices;

use std::{io::Read, marker::PhantomData};

use db::{
    Tx,
    query::{batch_upsert, copy_models, transaction},
};
use entity::pricing::pack;
use futures_util::stream;
use sea_orm::{ActiveModelTrait, EntityTrait, Iterable, PrimaryKeyToColumn};
use serde::de::DeserializeOwned;

use crate::{Error, RowError, error::MOST_ROW_ERRORS};
use records::{Record, Records};

/// How a file writes its rows. Both are UTF-8, with or without a byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header that names the columns, in any order.
    Csv,
    /// One JSON object a line; numbers are strings, so that no digit is lost.
    Ndjson,
}

/// What becomes of a row whose security or pair the pack holds already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// It is a fault.
    Stays,
    GivesWay,
}

impl Held {
    fn of(pack: &pack::Model) -> Self {
        if pack.restates.is_some() {
            Self::GivesWay
        } else {
            Self::Stays
        }
    }
}

/// Reads, checks and writes row by row; answers how many rows there were.
async fn load_rows<Written, Row, R>(
    tx: &Tx,
    records: Records<R>,
    held: Held,
    check: impl FnMut(u64, Written) -> Result<Row, Vec<String>> + Send,
) -> Result<u64, Error>
where
    Written: DeserializeOwned + Send,
    Row: ActiveModelTrait + Send,
    R: Read + Send,
{
    let rows = CheckedRows::<Written, _, _>::new(records, check);
    match held {
        Held::Stays => copy_models(tx, stream::iter(rows)).await,
        Held::GivesWay => transaction(tx, async |inner: Tx| replace(&inner, rows).await).await,
    }
}

/// Rows that are written in one go.
const ROWS_AT_ONCE: usize = 2_000;

async fn replace<Row: ActiveModelTrait + Send>(
    tx: &Tx,
    mut rows: impl Iterator<Item = Result<Row, Error>> + Send,
) -> Result<u64, Error> {
    let mut written = 0;
    loop {
        let batch: Vec<Row> = rows.by_ref().take(ROWS_AT_ONCE).collect::<Result<_, _>>()?;
        if batch.is_empty() {
            return Ok(written);
        }
        written += batch_upsert(tx, batch, keys::<Row>(), others::<Row>()).await?;
    }
}

type Column<Row> = <<Row as ActiveModelTrait>::Entity as EntityTrait>::Column;
type Key<Row> = <<Row as ActiveModelTrait>::Entity as EntityTrait>::PrimaryKey;

fn keys<Row: ActiveModelTrait>() -> impl Iterator<Item = Column<Row>> {
    Key::<Row>::iter().map(PrimaryKeyToColumn::into_column)
}

fn others<Row: ActiveModelTrait>() -> impl Iterator<Item = Column<Row>> {
    Column::<Row>::iter().filter(|column| Key::<Row>::from_column(*column).is_none())
}

/// The rows of a file up to the first fault; then all faults, at the end or once there are many.
struct CheckedRows<Written, R, Check> {
    records: Records<R>,
    check: Check,
    faults: Vec<RowError>,
    ended: bool,
    written: PhantomData<fn() -> Written>,
}

impl<Written, R, Check> CheckedRows<Written, R, Check> {
    fn new(records: Records<R>, check: Check) -> Self {
        Self {
            records,
            check,
            faults: Vec::new(),
            ended: false,
            written: PhantomData,
        }
    }
}

impl<Written, Row, R, Check> Iterator for CheckedRows<Written, R, Check>
where
    Written: DeserializeOwned,
    R: Read,
    Check: FnMut(u64, Written) -> Result<Row, Vec<String>>,
{
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended && self.faults.len() < MOST_ROW_ERRORS {
            match self.records.next::<Written>() {
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                Ok(None) => self.ended = true,
                Ok(Some(record)) => {
                    let row = self.check(record);
                    // Once there is a fault, nothing more is worth writing.
                    if let Some(row) = row.filter(|_| self.faults.is_empty()) {
                        return Some(Ok(row));
                    }
                }
            }
        }
        self.ended = true;
        let mut faults = std::mem::take(&mut self.faults);
        faults.truncate(MOST_ROW_ERRORS);
        (!faults.is_empty()).then_some(Err(Error::BadRows(faults)))
    }
}

impl<Written, Row, R, Check> CheckedRows<Written, R, Check>
where
    Check: FnMut(u64, Written) -> Result<Row, Vec<String>>,
{
    fn check(&mut self, Record { line, fields }: Record<Written>) -> Option<Row> {
        match fields.and_then(|fields| (self.check)(line, fields)) {
            Ok(row) => Some(row),
            Err(details) => {
                let at_line = |detail| RowError { line, detail };
                self.faults.extend(details.into_iter().map(at_line));
                None
            }
        }
    }
}
