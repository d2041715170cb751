//! What a pack holds, its canonical rows and its hash: the pack format, with no database.

mod diff;
mod export;
mod merkle;
mod proof;

pub use diff::{Change, FieldChange, Members, RowChange, RowKey, diff};
pub use export::{Exported, read_export};
pub use proof::{Proof, verify_proof};

use std::collections::BTreeMap;

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
        self.collect().sorted()
    }

    /// `sha256:` and the lower-case hex of the Merkle tree hash of the leaves.
    pub fn hash(&self) -> String {
        self.collect().hash()
    }

    /// The proof that the pack holds its price of `symbol`; `None` where it has none.
    pub fn proof(&self, symbol: &str) -> Option<Proof> {
        let price = self.prices.iter().find(|price| price.symbol == symbol)?;
        Proof::of_leaf(price.leaf(), &self.leaves())
    }

    fn collect(&self) -> Leaves {
        let mut leaves = Leaves::new(self.asof_date, &self.policy);
        self.prices
            .iter()
            .for_each(|price| leaves.push_price(price));
        self.fx_rates
            .iter()
            .for_each(|rate| leaves.push_fx_rate(rate));
        leaves
    }
}

/// The leaves of one pack, filled row by row. They are held until the last is in, because they sort
/// by their own text, which no engine can order by.
pub(crate) struct Leaves {
    header: String,
    rows: Vec<String>,
}

impl Leaves {
    pub fn new(asof: NaiveDate, policy: &str) -> Self {
        let header = canonical_row([
            ("asof", asof.to_string()),
            ("format", "1".to_owned()),
            ("kind", "pack".to_owned()),
            ("policy", policy.to_owned()),
        ]);
        Self {
            header,
            rows: Vec::new(),
        }
    }

    pub fn push_price(&mut self, price: &PriceRow) {
        self.rows.push(price.leaf());
    }

    pub fn push_fx_rate(&mut self, rate: &FxRow) {
        self.rows.push(rate.leaf());
    }

    /// How many rows there are beside the header.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    pub fn hash(mut self) -> String {
        self.rows.sort_unstable();
        let mut tree = TreeHasher::default();
        tree.push(self.header.as_bytes());
        self.rows.iter().for_each(|row| tree.push(row.as_bytes()));
        format!("sha256:{}", hex::encode(tree.finish()))
    }

    pub fn sorted(mut self) -> Vec<String> {
        self.rows.sort_unstable();
        std::iter::once(self.header).chain(self.rows).collect()
    }
}

impl PriceRow {
    fn leaf(&self) -> String {
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
    let members: Vec<String> = sorted
        .into_iter()
        .map(|(name, value)| format!("\"{name}\":{}", serde_json::Value::from(value)))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests;
