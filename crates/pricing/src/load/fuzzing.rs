//! What no file of prices or rates may do. The fuzzer feeds it, and the tests with what the fuzzer kept.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::{collections::HashMap, fmt::Debug, io::Read};

use chrono::DateTime;
use entity::values::SecurityId;
use sea_orm::{ActiveModelTrait, prelude::Uuid};
use serde::de::DeserializeOwned;

use super::{
    CheckedRows, Format, fx_rates,
    listing::{Listing, Priced},
    prices,
    records::{Columns, Records},
};
use crate::{Error, error::MOST_ROW_ERRORS};

/// The first byte says which format, what the rows are, and how the file is cut into reads; the file
/// follows. It is read to its end, cut or whole the same; each fault is on one of its lines.
pub fn pack_rows(data: &[u8]) {
    let Some((how, file)) = data.split_first() else {
        return;
    };
    let format = if how & 1 == 0 {
        Format::Csv
    } else {
        Format::Ndjson
    };
    let length = usize::from(how >> 2) + 1;
    let load = if how & 2 == 0 {
        load_prices
    } else {
        load_rates
    };
    let whole = load(
        format,
        Cut {
            file,
            length: file.len().max(1),
        },
    );
    assert_eq!(load(format, Cut { file, length }), whole, "cut at {length}");
    // A row may end as lines did on old machines.
    let last_line = file.split(|byte| matches!(byte, b'\r' | b'\n')).count() as u64;
    match whole {
        Ok(rows) => assert!(rows.len() as u64 <= last_line),
        Err(faults) => {
            assert!((1..=MOST_ROW_ERRORS).contains(&faults.len()));
            let lines: Vec<u64> = faults.iter().map(|(line, _)| *line).collect();
            assert!(lines.is_sorted() && lines.iter().all(|line| (1..=last_line).contains(line)));
        }
    }
}

type Loaded = Result<Vec<String>, Vec<(u64, String)>>;

/// A file that gives so many bytes at a time.
struct Cut<'a> {
    file: &'a [u8],
    length: usize,
}

impl Read for Cut<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.length.min(buffer.len());
        self.file.read(&mut buffer[..length])
    }
}

fn load_prices(format: Format, file: Cut<'_>) -> Loaded {
    let mut listing = Listing::new();
    for (symbol, currency, id) in [
        ("AAPL", "USD", 1),
        ("É", "EUR", 2),
        ("X,\"", "CAD", 3),
        ("GLD", "USD", 4),
    ] {
        listing.push(SecurityId(Uuid::from_u128(id)), symbol, currency);
    }
    listing.sort();
    if let Some(held) = listing.find("GLD") {
        held.priced = Priced::Before;
    }
    let mut checker = prices::Checker {
        listing,
        pack_id: "pack".to_owned(),
        now: DateTime::UNIX_EPOCH,
    };
    load(format, file, &prices::COLUMNS, move |line, row| {
        checker.check(line, row)
    })
}

fn load_rates(format: Format, file: Cut<'_>) -> Loaded {
    let mut checker = fx_rates::Checker {
        seen: HashMap::from([(("USD".to_owned(), "EUR".to_owned()), None)]),
        pack_id: "pack".to_owned(),
        now: DateTime::UNIX_EPOCH,
    };
    load(format, file, &fx_rates::COLUMNS, move |line, row| {
        checker.check(line, row)
    })
}

fn load<Written: DeserializeOwned, Row: ActiveModelTrait + Debug>(
    format: Format,
    file: Cut<'_>,
    columns: &Columns,
    check: impl FnMut(u64, Written) -> Result<Row, Vec<String>>,
) -> Loaded {
    let rows = Records::open(format, file, columns).and_then(|records| {
        CheckedRows::<Written, _, _>::new(records, check).collect::<Result<Vec<Row>, Error>>()
    });
    match rows {
        Ok(rows) => Ok(rows.iter().map(|row| format!("{row:?}")).collect()),
        Err(Error::BadRows(faults)) => Err(faults
            .into_iter()
            .map(|fault| (fault.line, fault.detail))
            .collect()),
        Err(other) => unreachable!("bytes in memory can be read: {other}"),
    }
}

#[test]
fn what_the_fuzzer_kept_is_loaded_or_refused_by_line() {
    for (name, data) in testkit::corpus("pack_rows") {
        println!("{name}");
        pack_rows(&data);
    }
}
