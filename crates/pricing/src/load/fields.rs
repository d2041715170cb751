//! What a field may hold, and what to say where it holds something else.

use std::fmt::Display;

use entity::values::{Price, PriceAdjustment, Quantity, Rate};
use iso_currency::Currency;
use serde::{Deserialize, Deserializer, de};

/// The source of a row that names none.
const DEFAULT_SOURCE: &str = "import";

/// A field as it was written.
pub(super) struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl de::Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string; numbers are written as strings too, such as \"123.45\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
}

/// Collects the faults of one row.
#[derive(Default)]
pub(super) struct RowFaults(Vec<String>);

impl RowFaults {
    /// The value of a field, or `None` after its fault was noted.
    pub fn note<T>(&mut self, field: &str, outcome: Result<T, String>) -> Option<T> {
        outcome
            .map_err(|detail| self.0.push(format!("{field}: {detail}")))
            .ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_details(self) -> Vec<String> {
        self.0
    }
}

pub(super) fn price(text: &Text) -> Result<Price, String> {
    let price: Price = parse(text)?;
    if price.is_positive() {
        Ok(price)
    } else {
        Err(not_positive(price))
    }
}

pub(super) fn rate(text: &Text) -> Result<Rate, String> {
    let rate: Rate = parse(text)?;
    if rate.is_positive() {
        Ok(rate)
    } else {
        Err(not_positive(rate))
    }
}

pub(super) fn volume(text: &Text) -> Result<Quantity, String> {
    let volume: Quantity = parse(text)?;
    if volume < Quantity::ZERO {
        Err(format!("`{volume}` is negative"))
    } else {
        Ok(volume)
    }
}

pub(super) fn adjustment(text: Option<&Text>) -> Result<PriceAdjustment, String> {
    text.map_or(Ok(PriceAdjustment::Raw), parse)
}

pub(super) fn currency(text: &Text) -> Result<String, String> {
    match Currency::from_code(&text.0) {
        Some(currency) => Ok(currency.code().to_owned()),
        None => Err(format!(
            "`{}` is not a currency of ISO 4217, such as USD",
            shortened(text)
        )),
    }
}

pub(super) fn source(text: Option<Text>) -> Result<String, String> {
    let source = text.map(|text| text.0).filter(|source| !source.is_empty());
    let source = source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
    if source.contains('\0') {
        return Err("it holds the character U+0000, which cannot be stored".to_owned());
    }
    Ok(source)
}

/// As much of a field as a message has room for.
pub(super) fn shortened(text: &Text) -> String {
    text.0.chars().take(64).collect()
}

fn parse<T: std::str::FromStr<Err: Display>>(text: &Text) -> Result<T, String> {
    text.0.parse().map_err(|error: T::Err| error.to_string())
}

fn not_positive(number: impl Display) -> String {
    format!("`{number}` is not greater than zero")
}
