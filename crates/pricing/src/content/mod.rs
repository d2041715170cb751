//! What a pack holds, its canonical rows and its hash: the pack format, with no database.

mod diff;
mod export;
mod leaves;
mod merkle;
mod proof;

pub use diff::{Change, FieldChange, Members, RowChange, RowKey, diff};
pub use export::{Exported, read_export};
pub(crate) use leaves::Leaves;
pub use leaves::SortedLeaves;
pub use proof::{Proof, verify_proof};

use std::{collections::BTreeMap, convert::Infallible};

use chrono::NaiveDate;
use entity::values::{Price, PriceAdjustment, Quantity, Rate};

use merkle::TreeHasher;

/// One security's price. Prices are in `currency` for one unit, `volume` is in units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    pub symbol: String,
    pub close: Price,
    /// ISO 4217.
    pub currency: String,
    pub open: Option<Price>,
    pub high: Option<Price>,
    pub low: Option<Price>,
    pub volume: Option<Quantity>,
    /// Who says so: a vendor, a file, a ledger.
    pub source: String,
    /// What the price was adjusted for. `raw`, the default, does not appear in the canonical row,
    /// so that a price that says nothing of adjustments has the row that the format shows.
    pub adjustment: PriceAdjustment,
}

/// One exchange rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FxRow {
    pub base: String,
    pub quote: String,
    /// Units of quote for one of base.
    pub rate: Rate,
    pub source: String,
}

/// All that a pack's hash covers. The order of rows is of no account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub asof_date: NaiveDate,
    pub policy: String,
    pub prices: Vec<PriceRow>,
    pub fx_rates: Vec<FxRow>,
}

impl Content {
    /// The canonical rows: the header, then the others sorted as byte strings.
    pub fn leaves(&self) -> Vec<String> {
        let prices = self.prices.iter().map(PriceRow::leaf);
        let rates = self.fx_rates.iter().map(FxRow::leaf);
        let mut rows: Vec<String> = prices.chain(rates).collect();
        rows.sort_unstable();
        rows.insert(0, header(self.asof_date, &self.policy));
        rows
    }

    /// `sha256:` and the lower-case hex of the Merkle tree hash of the leaves.
    pub fn hash(&self) -> String {
        let mut tree = TreeHasher::default();
        for leaf in self.leaves() {
            tree.push(leaf.as_bytes());
        }
        tree.finish_as_text()
    }

    /// The proof that the pack holds its price of `symbol`; `None` where it has none.
    pub fn proof(&self, symbol: &str) -> Option<Proof> {
        let price = self.prices.iter().find(|price| price.symbol == symbol)?;
        let leaves = self.leaves().into_iter().map(Ok::<_, Infallible>);
        let Ok(proof) = Proof::of_leaf(price.leaf(), leaves);
        proof
    }
}

fn header(asof: NaiveDate, policy: &str) -> String {
    canonical_row([
        ("asof", asof.to_string()),
        ("format", "1".to_owned()),
        ("kind", "pack".to_owned()),
        ("policy", policy.to_owned()),
    ])
}

impl PriceRow {
    pub(crate) fn leaf(&self) -> String {
        canonical_row(self.members())
    }

    fn members(&self) -> Members {
        let adjustment =
            (self.adjustment != PriceAdjustment::Raw).then(|| self.adjustment.to_string());
        let always = [
            ("close", self.close.to_string()),
            ("currency", self.currency.clone()),
            ("kind", "price".to_owned()),
            ("source", self.source.clone()),
            ("symbol", self.symbol.clone()),
        ];
        let when_present = [
            ("adjustment", adjustment),
            ("high", self.high.map(|price| price.to_string())),
            ("low", self.low.map(|price| price.to_string())),
            ("open", self.open.map(|price| price.to_string())),
            ("volume", self.volume.map(|volume| volume.to_string())),
        ];
        let present = when_present
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        always.into_iter().chain(present).collect()
    }
}

impl FxRow {
    fn leaf(&self) -> String {
        canonical_row(self.members())
    }

    fn members(&self) -> Members {
        Members::from([
            ("base", self.base.clone()),
            ("kind", "fx".to_owned()),
            ("quote", self.quote.clone()),
            ("rate", self.rate.to_string()),
            ("source", self.source.clone()),
        ])
    }
}

/// The JSON Canonicalization Scheme (RFC 8785) of an object of strings with ASCII names.
///
/// The scheme sorts names by UTF-16 units, which for ASCII is the order of their bytes, and writes
/// a string as ECMAScript's `JSON.stringify` does: `serde_json` makes the same choices (the short
/// escapes, `\u00xx` in lower case for other control characters, everything else as it is).
fn canonical_row<'n>(fields: impl IntoIterator<Item = (&'n str, String)>) -> String {
    let sorted: BTreeMap<&str, String> = fields.into_iter().collect();
    let mut row = String::with_capacity(TYPICAL_ROW);
    for (name, value) in sorted {
        row.push_str(if row.is_empty() { "{\"" } else { ",\"" });
        row.push_str(name);
        row.push_str("\":");
        push_string(&mut row, value);
    }
    row.push('}');
    row
}

/// Room for most rows of prices.
const TYPICAL_ROW: usize = 192;

fn push_string(row: &mut String, value: String) {
    let is_escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if value.bytes().any(is_escaped) {
        row.push_str(&serde_json::Value::from(value).to_string());
    } else {
        row.push('"');
        row.push_str(&value);
        row.push('"');
    }
}

#[cfg(test)]
mod tests;
