//! A pack on its own: its canonical rows, one a line, and their check with no database.

use std::{
    collections::BTreeMap,
    io::{BufRead, Read},
};

use entity::values::Quantity;

use super::{canonical_row, merkle::TreeHasher};
use crate::{Error, RowError};

/// What a file of exported rows turned out to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// `sha256:` and the lower-case hex of the Merkle tree hash of the file's rows.
    pub hash: String,
    pub policy: String,
    /// As it is written: the date of the header.
    pub asof: String,
    /// Prices and rates.
    pub rows: usize,
}

/// Reads an export and computes its hash, in memory that does not grow with the file.
///
/// Only what an export writes is taken, byte for byte: the header first, then the other rows sorted,
/// each in its canonical form. [`Error::NotAnExport`] names the first line that is otherwise. That a
/// file is in order says nothing of who made it: compare the hash with one that is known.
pub fn read_export(mut file: impl BufRead) -> Result<Exported, Error> {
    let mut tree = TreeHasher::default();
    let (mut line, mut last) = (0_u64, String::new());
    let mut header: Option<Row> = None;
    while let Some(text) = next_line(&mut file, line + 1)? {
        line += 1;
        let row = read_row(&text).map_err(|detail| fault(line, detail))?;
        match &header {
            None if row.get("kind").is_none_or(|kind| kind != "pack") => {
                return Err(fault(line, "the first row must be the header of a pack"));
            }
            None => header = Some(row),
            Some(_) if row.get("kind").is_some_and(|kind| kind == "pack") => {
                return Err(fault(line, "there is a second header"));
            }
            Some(_) if line > 2 && text <= last => {
                return Err(fault(line, "the rows are not sorted, or one stands twice"));
            }
            Some(_) => {}
        }
        tree.push(text.as_bytes());
        last = text;
    }
    let Some(mut header) = header else {
        return Err(fault(1, "the file is empty"));
    };
    Ok(Exported {
        hash: tree.finish_as_text(),
        policy: header.remove("policy").unwrap_or_default(),
        asof: header.remove("asof").unwrap_or_default(),
        rows: usize::try_from(line - 1).unwrap_or(usize::MAX),
    })
}

type Row = BTreeMap<String, String>;

/// More than any row has: one that is loaded has at most 64 KiB, and a character of it becomes six
/// where it must be escaped.
const LONGEST_LINE: u64 = 1024 * 1024;

fn next_line(file: &mut impl BufRead, line: u64) -> Result<Option<String>, Error> {
    let mut text = Vec::new();
    let read = file.take(LONGEST_LINE).read_until(b'\n', &mut text)?;
    if read == 0 {
        return Ok(None);
    }
    if text.last() != Some(&b'\n') {
        let detail = if text.len() as u64 == LONGEST_LINE {
            "the line is longer than 1 MiB"
        } else {
            "the line has no end: the file was cut off"
        };
        return Err(fault(line, detail));
    }
    text.pop();
    String::from_utf8(text)
        .map(Some)
        .map_err(|_| fault(line, "the line is not UTF-8"))
}

/// A row in its canonical form.
fn read_row(text: &str) -> Result<Row, String> {
    let row: Row = serde_json::from_str(text)
        .map_err(|error| format!("the line is not a JSON object of strings: {error}"))?;
    let kind = row.get("kind").map(String::as_str).unwrap_or_default();
    let (required, optional) = members_of(kind)
        .ok_or_else(|| format!("`{kind}` is no kind of row; there are pack, price and fx"))?;
    for name in required {
        if !row.contains_key(*name) {
            return Err(format!("the row lacks `{name}`"));
        }
    }
    let is_known = |name: &str| required.contains(&name) || optional.contains(&name);
    if let Some(name) = row.keys().find(|name| !is_known(name)) {
        return Err(format!("a row of the kind {kind} has no `{name}`"));
    }
    if kind == "pack" && row.get("format").is_none_or(|format| format != "1") {
        return Err("the format is not 1, the one that is known here".to_owned());
    }
    for name in DECIMALS {
        if let Some(number) = row.get(name).filter(|number| !is_canonical(number)) {
            return Err(format!("{name}: `{number}` is not in its canonical form"));
        }
    }
    let members = row
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()));
    if canonical_row(members) == text {
        Ok(row)
    } else {
        Err("the row is not in its canonical form".to_owned())
    }
}

const DECIMALS: [&str; 6] = ["close", "open", "high", "low", "volume", "rate"];

type Names = &'static [&'static str];

fn members_of(kind: &str) -> Option<(Names, Names)> {
    match kind {
        "pack" => Some((&["asof", "format", "kind", "policy"], &[])),
        "price" => Some((
            &["close", "currency", "kind", "source", "symbol"],
            &["adjustment", "high", "low", "open", "volume"],
        )),
        "fx" => Some((&["base", "kind", "quote", "rate", "source"], &[])),
        _ => None,
    }
}

fn is_canonical(number: &str) -> bool {
    number
        .parse::<Quantity>()
        .is_ok_and(|parsed| parsed.to_string() == number)
}

fn fault(line: u64, detail: impl Into<String>) -> Error {
    Error::NotAnExport(RowError {
        line,
        detail: detail.into(),
    })
}
