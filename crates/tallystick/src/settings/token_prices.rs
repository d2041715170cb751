use std::sync::Arc;

use chrono::NaiveDate;
use entity::values::Price;
use serde::Deserialize;
use workflow::tokens::prices::{PriceList, TokenPrice};

use super::reader::Reader;

/// The key of the list of tables that hold prices.
pub(super) const KEY: &str = "token_prices";

/// One table of the list. Prices are text, since a TOML number with a point is a float.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    provider: String,
    model: String,
    valid_from: NaiveDate,
    currency: String,
    input: Price,
    cached_input: Option<Price>,
    output: Price,
    reasoning: Option<Price>,
}

/// An empty list if there is none.
pub(super) fn read(reader: &mut Reader) -> Arc<PriceList> {
    let list = reader.take_secret_if_there(KEY, parse);
    Arc::new(list.unwrap_or_default())
}

fn parse(text: &str) -> Result<PriceList, String> {
    let entries: Vec<serde_json::Value> = serde_json::from_str(text)
        .map_err(|_| "it takes tables, each beginning with [[token_prices]]".to_owned())?;
    let mut prices = Vec::with_capacity(entries.len());
    for (at, entry) in entries.into_iter().enumerate() {
        let entry: Entry =
            serde_json::from_value(entry).map_err(|error| format!("table {}: {error}", at + 1))?;
        prices.push(entry.into());
    }
    PriceList::new(prices).map_err(|error| error.to_string())
}

/// What was cached costs as other input where no price is given, and reasoning as other output.
impl From<Entry> for TokenPrice {
    fn from(entry: Entry) -> Self {
        Self {
            provider: entry.provider,
            model: entry.model,
            valid_from: entry.valid_from,
            currency: entry.currency,
            cached_input: entry.cached_input.unwrap_or(entry.input),
            input: entry.input,
            reasoning: entry.reasoning.unwrap_or(entry.output),
            output: entry.output,
        }
    }
}

#[cfg(test)]
mod tests;
