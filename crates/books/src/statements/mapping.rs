//! What a file cannot say of itself: a small TOML file that its owner writes.

use std::str::FromStr;

use encoding_rs::Encoding;
use entity::values::TransactionKind;
use toml::{Table, Value};

use super::{
    booking::{Booking, Word},
    dates::{DATE_FORMATS, DateFormat},
    field::{CONSTANT, Field, MAPPED},
    numbers::Mark,
    signs::{AmountSign, CostSign},
    words::{did_you_mean, folded},
};

/// How to read a file whose columns, words or notation are its own. See `docs/import.md`.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    pub(super) encoding: Option<&'static Encoding>,
    pub(super) delimiter: Option<u8>,
    pub(super) date_format: Option<DateFormat>,
    pub(super) decimal_mark: Option<Mark>,
    pub(super) amount_sign: Option<AmountSign>,
    pub(super) amount_is_gross: bool,
    pub(super) cost_sign: Option<CostSign>,
    /// The header's names of a field's columns; more than one for what is added up, none for what is not
    /// read.
    pub(super) columns: Vec<(Field, Vec<String>)>,
    /// Folded words of the type column.
    pub(super) types: Vec<(String, Word)>,
    pub(super) constants: Vec<(Field, String)>,
}

/// A mapping that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MappingFault(String);

type Outcome<T> = Result<T, MappingFault>;

fn fault<T>(detail: impl Into<String>) -> Outcome<T> {
    Err(MappingFault(detail.into()))
}

const KEYS: [&str; 10] = [
    "encoding",
    "delimiter",
    "date_format",
    "decimal_mark",
    "amount_sign",
    "amount_is",
    "cost_sign",
    "columns",
    "types",
    "constants",
];

impl FromStr for Mapping {
    type Err = MappingFault;

    /// Reads TOML. An unknown key or value is refused with those that are near.
    fn from_str(text: &str) -> Outcome<Self> {
        let table: Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return fault(format!("the mapping is not TOML: {error}")),
        };
        let mut mapping = Self::default();
        for (key, value) in &table {
            mapping.take(key, value)?;
        }
        Ok(mapping)
    }
}

impl Mapping {
    fn take(&mut self, key: &str, value: &Value) -> Outcome<()> {
        match key {
            "encoding" => self.encoding = Some(encoding(key, value)?),
            "delimiter" => self.delimiter = Some(one_of(key, value, &DELIMITERS)?),
            "date_format" => self.date_format = Some(one_of(key, value, &DATE_FORMATS)?),
            "decimal_mark" => self.decimal_mark = Some(one_of(key, value, &MARKS)?),
            "amount_sign" => self.amount_sign = Some(one_of(key, value, &AMOUNT_SIGNS)?),
            "amount_is" => {
                self.amount_is_gross = one_of(key, value, &[("net", false), ("gross", true)])?;
            }
            "cost_sign" => self.cost_sign = Some(one_of(key, value, &COST_SIGNS)?),
            "columns" => self.columns = columns(table(key, value)?)?,
            "types" => self.types = types(table(key, value)?)?,
            "constants" => self.constants = constants(table(key, value)?)?,
            unknown => return unknown_key("", unknown, &KEYS),
        }
        Ok(())
    }

    pub(super) fn constant(&self, field: Field) -> Option<&str> {
        let mut all = self.constants.iter();
        all.find(|(of, _)| *of == field)
            .map(|(_, value)| value.as_str())
    }
}

const DELIMITERS: [(&str, u8); 4] = [(",", b','), (";", b';'), ("\t", b'\t'), ("|", b'|')];
const MARKS: [(&str, Mark); 2] = [(".", Mark::Point), (",", Mark::Comma)];
const AMOUNT_SIGNS: [(&str, AmountSign); 4] = [
    ("cash", AmountSign::Cash),
    ("unsigned", AmountSign::Unsigned),
    ("inverted", AmountSign::Inverted),
    ("ignored", AmountSign::ByType),
];
const COST_SIGNS: [(&str, CostSign); 2] = [
    ("positive", CostSign::Positive),
    ("negative", CostSign::Negative),
];

fn unknown_key<T>(section: &str, key: &str, known: &[&str]) -> Outcome<T> {
    let near = did_you_mean(key, known.iter().copied());
    fault(format!(
        "unknown key `{section}{key}`{near}; the keys are {}",
        known.join(", ")
    ))
}

fn text<'a>(key: &str, value: &'a Value) -> Outcome<&'a str> {
    match value.as_str() {
        Some(text) => Ok(text),
        None => fault(format!("`{key}` must be a text in quotes")),
    }
}

fn table<'a>(key: &str, value: &'a Value) -> Outcome<&'a Table> {
    match value.as_table() {
        Some(table) => Ok(table),
        None => fault(format!("`{key}` must be a table: [{key}]")),
    }
}

fn one_of<T: Copy>(key: &str, value: &Value, known: &[(&str, T)]) -> Outcome<T> {
    let given = text(key, value)?;
    if let Some((_, meant)) = known.iter().find(|(name, _)| *name == given) {
        return Ok(*meant);
    }
    let near = did_you_mean(given, known.iter().map(|(name, _)| *name));
    let names: Vec<String> = known.iter().map(|(name, _)| format!("{name:?}")).collect();
    fault(format!(
        "`{key}` is {given:?}{near}; it can be {}",
        names.join(", ")
    ))
}

fn encoding(key: &str, value: &Value) -> Outcome<&'static Encoding> {
    let label = text(key, value)?;
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) => Ok(encoding),
        None => fault(format!(
            "`{key}` is {label:?}, which is no encoding that is known; examples are \"utf-8\", \
             \"windows-1252\", \"iso-8859-15\" and \"utf-16le\""
        )),
    }
}

fn columns(table: &Table) -> Outcome<Vec<(Field, Vec<String>)>> {
    let known = MAPPED.map(|(name, _)| name);
    let mut columns = Vec::new();
    for (key, value) in table {
        let Some((_, field)) = MAPPED.iter().find(|(name, _)| name == key) else {
            return unknown_key("columns.", key, &known);
        };
        columns.push((*field, names(key, *field, value)?));
    }
    Ok(columns)
}

/// One name, or of fees and taxes several, or none.
fn names(key: &str, field: Field, value: &Value) -> Outcome<Vec<String>> {
    let Some(several) = value.as_array() else {
        return Ok(vec![text(key, value)?.to_owned()]);
    };
    if !matches!(field, Field::Fee | Field::Tax) {
        return fault(format!(
            "`columns.{key}` must be one name; only fee and tax can be the sum of several columns, or of none"
        ));
    }
    let names = several
        .iter()
        .map(|name| text(key, name).map(str::to_owned));
    names.collect()
}

fn types(table: &Table) -> Outcome<Vec<(String, Word)>> {
    let mut types = Vec::new();
    for (word, value) in table {
        let meaning = text(word, value)?;
        match word_of(meaning) {
            Some(meant) => types.push((folded(word), meant)),
            None => return unknown_type(word, meaning),
        }
    }
    Ok(types)
}

/// What a type can be declared to be, besides the kinds of transactions.
const EXTRA_TYPES: [(&str, Word); 4] = [
    ("ignore", Word::Ignored),
    (
        "fee_refund",
        Word::Booked(Booking::inward(TransactionKind::Fee)),
    ),
    (
        "tax_refund",
        Word::Booked(Booking::inward(TransactionKind::Tax)),
    ),
    (
        "interest_charge",
        Word::Booked(Booking::outward(TransactionKind::Interest)),
    ),
];

fn word_of(meaning: &str) -> Option<Word> {
    if let Some((_, word)) = EXTRA_TYPES.iter().find(|(name, _)| *name == meaning) {
        return Some(*word);
    }
    let kind: TransactionKind = meaning.parse().ok()?;
    Some(Word::Booked(Booking::usual(kind)))
}

fn unknown_type<T>(word: &str, meaning: &str) -> Outcome<T> {
    let extra = EXTRA_TYPES.iter().map(|(name, _)| *name);
    let known: Vec<&str> = TransactionKind::WORDS
        .iter()
        .copied()
        .chain(extra)
        .collect();
    let near = did_you_mean(meaning, known.iter().copied());
    fault(format!(
        "`types.{word}` is {meaning:?}{near}; it can be {}",
        known.join(", ")
    ))
}

fn constants(table: &Table) -> Outcome<Vec<(Field, String)>> {
    let known = CONSTANT.map(|(name, _)| name);
    let mut constants = Vec::new();
    for (key, value) in table {
        let Some((_, field)) = CONSTANT.iter().find(|(name, _)| name == key) else {
            return unknown_key("constants.", key, &known);
        };
        constants.push((*field, text(key, value)?.to_owned()));
    }
    Ok(constants)
}

#[cfg(test)]
mod tests;
