//! What a person says of sources and policies; docs/sources.md has every key.

mod check;
mod source;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf};

use entity::values::PriceAdjustment;
use serde::Deserialize;

pub use source::{DateForm, Fields, Holds, Kind, Limits, Source};

use super::Pair;

/// The sources that there are, and the policies that choose among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourcing {
    #[serde(default)]
    pub sources: BTreeMap<String, Source>,
    #[serde(default)]
    pub policies: BTreeMap<String, Policy>,
    /// Portfolios that are held against their ledgers before a pack is frozen.
    #[serde(default)]
    pub reconcile: Vec<Reconciled>,
}

/// A portfolio that follows a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reconciled {
    /// The owner's address.
    pub user: String,
    /// Its name.
    pub portfolio: String,
    /// The ledger's main file; left out, that of the settings.
    pub ledger: Option<PathBuf>,
    /// Account prefixes: they and what lies under them are the portfolio.
    pub accounts: Vec<String>,
}

/// How a pack of one policy is filled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Names of sources, the preferred first.
    #[serde(default)]
    pub prices: Vec<String>,
    #[serde(default)]
    pub fx: Vec<String>,
    /// In place of `prices`, for prices in a currency.
    #[serde(default)]
    pub prices_in: BTreeMap<String, Vec<String>>,
    /// In place of both, for a security.
    #[serde(default)]
    pub prices_of: BTreeMap<String, Vec<String>>,
    /// In place of `fx`, for a pair (`USD/CAD`) or for all pairs with a currency.
    #[serde(default)]
    pub fx_of: BTreeMap<String, Vec<String>>,
    /// What all prices of a pack are adjusted for.
    #[serde(default = "raw")]
    pub adjustment: PriceAdjustment,
    /// The greatest age in days of a row that is not stale; 0 is the pack's own day alone.
    #[serde(default)]
    pub stale_after_days: u16,
    /// How far back sources are asked at all.
    #[serde(default = "a_month")]
    pub look_back_days: u16,
    #[serde(default)]
    pub on_missing: OnMissing,
    #[serde(default)]
    pub on_stale: OnStale,
    /// Securities that are wanted whether anybody holds them or not.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Pairs such as `USD/CAD` that are wanted likewise.
    #[serde(default)]
    pub pairs: Vec<Pair>,
}

/// What becomes of a build that lacks a price or a rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMissing {
    #[default]
    Fail,
    Warn,
}

/// What becomes of a build for which some source has nothing but an old price or rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnStale {
    #[default]
    Fail,
    /// The row is in the pack, and listed.
    Warn,
    /// The row is not in the pack: it is missing.
    LeaveOut,
}

impl Sourcing {
    /// Reads and checks a file of sources; every fault at once. No fault quotes what was written: it may be
    /// a key that should not be there.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let parsed: Self = toml::from_str(text).map_err(|error| vec![in_words(text, &error)])?;
        let faults = check::faults(&parsed);
        if faults.is_empty() {
            Ok(parsed)
        } else {
            Err(faults)
        }
    }
}

impl Policy {
    /// The sources of a security's price, the preferred first.
    pub(super) fn price_order(&self, symbol: &str, currency: &str) -> &[String] {
        self.prices_of
            .get(symbol)
            .or_else(|| self.prices_in.get(currency))
            .unwrap_or(&self.prices)
    }

    /// The sources of a pair's rate, the preferred first. Of two currencies with an order each, that of
    /// the first in the alphabet counts.
    pub(super) fn fx_order(&self, pair: &Pair) -> &[String] {
        let (first, second) = pair.in_alphabet();
        let keys = [
            format!("{first}/{second}"),
            format!("{second}/{first}"),
            first.to_owned(),
            second.to_owned(),
        ];
        keys.iter()
            .find_map(|key| self.fx_of.get(key))
            .unwrap_or(&self.fx)
    }

    /// Every source that the policy names, with whether it names it for prices.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, bool)> {
        let prices = [&self.prices]
            .into_iter()
            .chain(self.prices_in.values())
            .chain(self.prices_of.values());
        let rates = [&self.fx].into_iter().chain(self.fx_of.values());
        let prices = prices.flatten().map(|name| (name.as_str(), true));
        prices.chain(rates.flatten().map(|name| (name.as_str(), false)))
    }
}

fn raw() -> PriceAdjustment {
    PriceAdjustment::Raw
}

fn a_month() -> u16 {
    30
}

/// The parser's line and reason, without the values that it stumbled over.
fn in_words(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.unwrap_or_default().matches('\n').count() + 1;
    let message = error.message();
    let quoted: Vec<&str> = message.split('"').step_by(2).collect();
    let reason = quoted.join("…");
    let reason = match reason.strip_prefix("unknown variant `") {
        Some(rest) => rest
            .split_once('`')
            .map_or("unknown word", |(_, rest)| rest),
        None => &reason,
    };
    let reason = reason.trim_start_matches(", ");
    format!("line {line}: {reason}")
}
