//! Filling a warming pack from a file of prices or of FX rates: all of it or none.
//!
//! A file is read row by row and written in batches inside the caller's transaction; what stays in
//! memory is one entry for each security or pair, to find what stands twice. Every fault is
//! reported with its line, up to fifty, and any fault refuses the file. The caller's transaction is
//! then to be rolled back, since batches before the fault may have been written.

mod fields;
mod fx_rates;
mod lines;
mod prices;
mod records;

pub use fx_rates::fx_rates;
pub use prices::prices;

use std::io::Read;

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde::de::DeserializeOwned;

use crate::{Error, RowError, error::MOST_ROW_ERRORS};
use records::Records;

/// How a file writes its rows. Both are UTF-8, with or without a byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header that names the columns, in any order.
    Csv,
    /// One JSON object a line; numbers are strings, so that no digit is lost.
    Ndjson,
}

/// Rows written in one go.
const BATCH: usize = 500;

/// Reads, checks and writes row by row; answers how many rows there were.
async fn load_rows<Written, Row, R>(
    db: &impl ConnectionTrait,
    mut records: Records<R>,
    mut check: impl FnMut(u64, Written) -> Result<Row, Vec<String>> + Send,
) -> Result<u64, Error>
where
    Written: DeserializeOwned,
    Row: ActiveModelTrait + Send,
    <Row::Entity as EntityTrait>::Model: IntoActiveModel<Row>,
    R: Read + Send,
{
    let mut faults: Vec<RowError> = Vec::new();
    let mut batch: Vec<Row> = Vec::with_capacity(BATCH);
    let mut loaded = 0;
    while faults.len() < MOST_ROW_ERRORS
        && let Some(record) = records.next::<Written>()?
    {
        let line = record.line;
        match record.fields.and_then(|fields| check(line, fields)) {
            Ok(row) => batch.push(row),
            Err(details) => {
                faults.extend(details.into_iter().map(|detail| RowError { line, detail }));
            }
        }
        if batch.len() == BATCH {
            loaded += write_unless_refused(db, &mut batch, &faults).await?;
        }
    }
    loaded += write_unless_refused(db, &mut batch, &faults).await?;
    faults.truncate(MOST_ROW_ERRORS);
    if faults.is_empty() {
        Ok(loaded)
    } else {
        Err(Error::BadRows(faults))
    }
}

/// Once there is a fault, nothing more is worth writing.
async fn write_unless_refused<Row>(
    db: &impl ConnectionTrait,
    batch: &mut Vec<Row>,
    faults: &[RowError],
) -> Result<u64, Error>
where
    Row: ActiveModelTrait + Send,
    <Row::Entity as EntityTrait>::Model: IntoActiveModel<Row>,
{
    let rows = std::mem::take(batch);
    if !faults.is_empty() {
        return Ok(0);
    }
    let written = rows.len() as u64;
    db::insert_all(db, rows).await?;
    Ok(written)
}
