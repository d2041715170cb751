//! A table of typed columns, a row for each transaction in the order of booking.
//!
//! Numbers are DECIMAL(38, 18), which most readers have. One that does not fit without loss is null there, and in
//! the column `other_numbers` as text.

mod cells;
mod columns;

use std::{io::Write, sync::Arc};

use db::ConnectionTrait;
use parquet::{
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

use self::columns::{Columns, SCHEMA};
use super::{
    WRITER,
    source::{Source, place_of},
};
use crate::Error;

/// Rows of a group, all of which are in memory.
const GROUP: usize = 5_000;

pub(super) async fn write<C: ConnectionTrait, W: Write + Send>(
    source: &Source<'_, C>,
    out: &mut W,
) -> Result<u64, Error> {
    let schema = parse_message_type(SCHEMA).map_err(not_written)?;
    let properties = WriterProperties::builder()
        .set_created_by(WRITER.to_owned())
        .set_key_value_metadata(Some(provenance(source)))
        .build();
    let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties));
    let mut writer = writer.map_err(not_written)?;
    let (mut written, mut after) = (0, None);
    let mut columns = Columns::new();
    loop {
        let page = source.page(after).await?;
        for row in &page {
            columns.push(cells::of(source, row)?);
        }
        written += page.len() as u64;
        if columns.len() >= GROUP || (page.is_empty() && columns.len() > 0) {
            let full = std::mem::replace(&mut columns, Columns::new());
            let mut group = writer.next_row_group().map_err(not_written)?;
            write_group(full, &mut group).map_err(not_written)?;
            group.close().map_err(not_written)?;
        }
        let Some(last) = page.last() else {
            break;
        };
        after = Some(place_of(last));
    }
    writer.close().map_err(not_written)?;
    Ok(written)
}

fn write_group<W: Write + Send>(
    columns: Columns,
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<(), ParquetError> {
    for column in columns.into_values() {
        let Some(mut writer) = group.next_column()? else {
            break;
        };
        column.write(&mut writer)?;
        writer.close()?;
    }
    Ok(())
}

/// Where the rows come from.
fn provenance<C>(source: &Source<'_, C>) -> Vec<KeyValue> {
    let portfolio = source.portfolio;
    let all = [
        ("tallystick.portfolio_id", portfolio.id.to_string()),
        ("tallystick.portfolio", portfolio.name.clone()),
        ("tallystick.base_currency", portfolio.base_currency.clone()),
        ("tallystick.books_revision", source.revision.to_string()),
        ("tallystick.asof_date", source.asof.date.to_string()),
        ("tallystick.version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    all.map(|(key, value)| KeyValue::new(key.to_owned(), value))
        .into()
}

fn not_written(error: ParquetError) -> Error {
    Error::NotWritten(std::io::Error::other(error))
}
