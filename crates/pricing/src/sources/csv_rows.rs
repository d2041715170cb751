//! Rows of comma-separated text.

use std::collections::BTreeMap;

use super::{
    row::{Part, Row},
    settings::Fields,
};

/// Reads rows by the names of their columns. A column that is not there at all is a fault if `required`
/// has it.
pub(super) fn each(
    text: &[u8],
    fields: &Fields,
    required: &[Part],
    mut take: impl FnMut(&Row),
) -> Result<(), String> {
    let mut records = reader(text);
    let headers = records.headers().map_err(|error| in_words(&error))?.clone();
    let columns = columns(&headers, fields, required)?;
    for record in records.records() {
        let record = record.map_err(|error| in_words(&error))?;
        let texts = columns
            .iter()
            .filter_map(|(part, place)| Some((*part, record.get(*place)?)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(part, text)| (part, text.to_owned()));
        take(&Row {
            number: line(&record),
            texts: texts.collect(),
        });
    }
    Ok(())
}

fn columns(
    headers: &csv::StringRecord,
    fields: &Fields,
    required: &[Part],
) -> Result<Vec<(Part, usize)>, String> {
    let mut columns = Vec::new();
    for (part, name) in fields.named() {
        let places: Vec<_> = (0..headers.len())
            .filter(|index| headers.get(*index) == Some(name))
            .collect();
        match places.as_slice() {
            [place] => columns.push((part, *place)),
            [] if !required.contains(&part) => {}
            [] => return Err(format!("there is no column `{name}`")),
            _ => return Err(format!("there are several columns `{name}`")),
        }
    }
    Ok(columns)
}

/// Reads a table of rates with a column for each currency, as the ECB's file of all reference rates: `base`
/// is what the rates are of, and `N/A` is no rate.
pub(super) fn each_of_wide(
    text: &[u8],
    base: &str,
    mut take: impl FnMut(&Row),
) -> Result<(), String> {
    let mut records = reader(text);
    let headers = records.headers().map_err(|error| in_words(&error))?.clone();
    if headers.get(0) != Some("Date") {
        return Err("its first column is not `Date`".to_owned());
    }
    for record in records.records() {
        let record = record.map_err(|error| in_words(&error))?;
        let date = record.get(0).unwrap_or_default();
        for (quote, rate) in headers.iter().zip(&record).skip(1) {
            if quote.is_empty() || matches!(rate, "" | "N/A") {
                continue;
            }
            let texts = [
                (Part::Date, date),
                (Part::Base, base),
                (Part::Quote, quote),
                (Part::Rate, rate),
            ];
            let texts = texts.map(|(part, text)| (part, text.to_owned()));
            take(&Row {
                number: line(&record),
                texts: BTreeMap::from(texts),
            });
        }
    }
    Ok(())
}

fn reader(text: &[u8]) -> csv::Reader<&[u8]> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(false)
        .from_reader(text)
}

fn line(record: &csv::StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

fn in_words(error: &csv::Error) -> String {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => format!("line {line} is not UTF-8"),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("line {line} has {len} columns, not {expected_len}"),
        _ => format!("line {line} is not CSV"),
    }
}
