//! What no file of transactions may do. The fuzzer feeds it, and the tests with what the fuzzer kept.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::io::{Cursor, Read, Seek, SeekFrom};

use entity::values::TransactionKind as Kind;
use rust_decimal::Decimal;

use super::{Format, Row, RowFault, read};

/// Rows that are looked at.
const MOST_ROWS: usize = 2_000;

/// The first byte says which format, the second how the file is cut into reads; the file follows. It is read
/// to its end, cut or whole the same; rows and faults are on its lines, in their order, and a row says what
/// its kind must say.
pub fn statements(data: &[u8]) {
    let [format, length, file @ ..] = data else {
        return;
    };
    let format = Format::ALL[usize::from(*format) % Format::ALL.len()];
    let whole = rows(format, file, usize::MAX);
    let cut = usize::from(*length) + 1;
    assert_eq!(rows(format, file, cut), whole, "cut at {cut}");
    // A row may end as lines did on old machines.
    let last_line = file.split(|byte| matches!(byte, b'\r' | b'\n')).count() as u64;
    for row in whole.into_iter().flatten() {
        let line = match &row {
            Ok(row) => row.line,
            Err(fault) => fault.line,
        };
        assert!(
            (1..=last_line).contains(&line),
            "line {line} of {last_line}"
        );
        if let Ok(row) = row {
            assert_is_whole(&row);
        }
    }
}

type Outcome = Option<Vec<Result<Row, RowFault>>>;

/// `None` for a file that is refused as a whole.
fn rows(format: Format, file: &[u8], length: usize) -> Outcome {
    let cut = Cut {
        file: Cursor::new(file),
        length,
    };
    let rows = read(format, None, cut).ok()?;
    Some(rows.take(MOST_ROWS).collect())
}

fn assert_is_whole(row: &Row) {
    let units_move = matches!(row.kind, Kind::Buy | Kind::Sell)
        || matches!(row.kind, Kind::TransferIn | Kind::TransferOut) && !row.quantity.is_zero();
    assert_eq!(!row.quantity.is_zero(), units_move, "{row:?}");
    let none_is_negative = [
        row.quantity,
        row.fee,
        row.tax,
        row.price.unwrap_or_default(),
    ];
    assert!(
        none_is_negative
            .iter()
            .all(|figure| *figure >= Decimal::ZERO),
        "{row:?}"
    );
    assert!(
        row.fx_rate.is_none_or(|rate| rate > Decimal::ZERO),
        "{row:?}"
    );
    assert_eq!(row.ratio.is_some(), row.kind == Kind::Split, "{row:?}");
    assert!(row.amount.is_some() || row.price.is_some(), "{row:?}");
    if units_move {
        assert!(row.security.is_some(), "{row:?}");
    }
}

/// A file that gives so many bytes at a time.
struct Cut<'a> {
    file: Cursor<&'a [u8]>,
    length: usize,
}

impl Read for Cut<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.length.min(buffer.len());
        self.file.read(&mut buffer[..length])
    }
}

impl Seek for Cut<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn what_the_fuzzer_kept_is_read_or_refused_by_line() {
    for (name, data) in testkit::corpus("statements") {
        println!("{name}");
        statements(&data);
    }
}
