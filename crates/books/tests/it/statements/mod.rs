//! Files of transactions, read to exact rows.

// What a row may lack is written short: `price: some("1.5")`.
#![allow(clippy::unnecessary_wraps)]

mod any_bytes;
mod csv;
mod documented;
mod file_faults;
mod ghostfolio;
mod interactive_brokers;
mod notations;
mod portfolio_performance;
mod row_faults;
mod streaming;
mod wealthfolio;

use std::io::Cursor;

use books::statements::{FileFault, Format, Mapping, Row, RowFault, SecurityName, read};
use chrono::NaiveDate;
use entity::values::TransactionKind;
use rust_decimal::Decimal;

fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/statements");
    std::fs::read(format!("{folder}/{name}")).expect(name)
}

type Read = Result<Row, RowFault>;

fn read_all(
    format: Format,
    mapping: Option<&Mapping>,
    file: impl AsRef<[u8]>,
) -> Result<Vec<Read>, FileFault> {
    Ok(read(format, mapping, Cursor::new(file))?.collect())
}

/// The rows of a file without faults.
fn rows(format: Format, file: impl AsRef<[u8]>) -> Vec<Row> {
    let read = read_all(format, None, file).unwrap();
    read.into_iter().map(|row| row.unwrap()).collect()
}

/// The rows of a file, and what is said of its other rows.
fn rows_and_faults(format: Format, file: impl AsRef<[u8]>) -> (Vec<Row>, Vec<String>) {
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for row in read_all(format, None, file).unwrap() {
        match row {
            Ok(row) => rows.push(row),
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    (rows, faults)
}

fn file_fault(format: Format, mapping: Option<&Mapping>, file: impl AsRef<[u8]>) -> String {
    match read_all(format, mapping, file) {
        Err(fault) => fault.to_string(),
        Ok(rows) => panic!("the file was read: {rows:?}"),
    }
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn some(text: &str) -> Option<Decimal> {
    Some(number(text))
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(date(text))
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A row that says no more than it must.
fn row(line: u64, kind: TransactionKind, day: &str, currency: &str) -> Row {
    Row {
        line,
        kind,
        trade_date: date(day),
        settle_date: None,
        ex_date: None,
        pay_date: None,
        security: None,
        quantity: Decimal::ZERO,
        price: None,
        amount: None,
        currency: currency.to_owned(),
        fee: Decimal::ZERO,
        tax: Decimal::ZERO,
        fx_rate: None,
        ratio: None,
        terms: books::statements::RowTerms::default(),
        narration: None,
        external_id: None,
    }
}

fn security(symbol: &str) -> SecurityName {
    SecurityName {
        symbol: symbol.to_owned(),
        isin: None,
        name: None,
        kind: None,
        currency: None,
    }
}

fn assert_rows(read: &[Row], expected: &[Row]) {
    for (read, expected) in read.iter().zip(expected) {
        assert_eq!(read, expected);
    }
    assert_eq!(read.len(), expected.len());
}
