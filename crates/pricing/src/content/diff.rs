//! What is different between two contents, row by row.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Content, FxRow, PriceRow};

/// Which row of a pack. Prices come before rates, each in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKey {
    Price { symbol: String },
    Fx { base: String, quote: String },
}

/// A row's members by name, as the canonical row has them.
pub type Members = BTreeMap<&'static str, String>;

/// A row that two packs do not have alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    pub key: RowKey,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the newer pack has the row.
    Added(Members),
    /// Only the older pack has it.
    Removed(Members),
    /// The members that differ.
    Changed(BTreeMap<&'static str, FieldChange>),
}

/// A member of a row in both packs; `None` where a row lacks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub old: Option<String>,
    pub new: Option<String>,
}

/// The rows that two contents do not have alike, in the order of their keys.
pub fn diff(old: &Content, new: &Content) -> Vec<RowChange> {
    let (mut old, mut new) = (rows(old), rows(new));
    let keys: BTreeSet<RowKey> = old.keys().chain(new.keys()).cloned().collect();
    keys.into_iter()
        .filter_map(|key| {
            let change = change(old.remove(&key), new.remove(&key))?;
            Some(RowChange { key, change })
        })
        .collect()
}

impl RowKey {
    fn of_price(row: &PriceRow) -> Self {
        Self::Price {
            symbol: row.symbol.clone(),
        }
    }

    fn of_rate(row: &FxRow) -> Self {
        Self::Fx {
            base: row.base.clone(),
            quote: row.quote.clone(),
        }
    }
}

fn rows(content: &Content) -> BTreeMap<RowKey, Members> {
    let prices = content.prices.iter();
    let rates = content.fx_rates.iter();
    prices
        .map(|row| (RowKey::of_price(row), row.members()))
        .chain(rates.map(|row| (RowKey::of_rate(row), row.members())))
        .collect()
}

fn change(old: Option<Members>, new: Option<Members>) -> Option<Change> {
    match (old, new) {
        (Some(old), Some(new)) => {
            let fields = changed_fields(&old, &new);
            (!fields.is_empty()).then_some(Change::Changed(fields))
        }
        (Some(old), None) => Some(Change::Removed(old)),
        (None, Some(new)) => Some(Change::Added(new)),
        (None, None) => None,
    }
}

fn changed_fields(old: &Members, new: &Members) -> BTreeMap<&'static str, FieldChange> {
    let names: BTreeSet<&'static str> = old.keys().chain(new.keys()).copied().collect();
    names
        .into_iter()
        .filter(|name| old.get(name) != new.get(name))
        .map(|name| {
            let (old, new) = (old.get(name).cloned(), new.get(name).cloned());
            (name, FieldChange { old, new })
        })
        .collect()
}
