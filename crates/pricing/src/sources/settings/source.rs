use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use entity::values::PriceAdjustment;
use serde::Deserialize;

/// One source, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub kind: Kind,
    /// What the rows of a file or of a mapped answer are.
    #[serde(default)]
    pub holds: Holds,
    /// What the prices are adjusted for, where a row does not say.
    #[serde(default = "raw")]
    pub adjustment: PriceAdjustment,
    /// Of a file; `{asof}` stands for the pack's day.
    pub path: Option<PathBuf>,
    /// Where to ask; the vendor's own address if it is left out.
    pub url: Option<String>,
    /// The environment variable that holds the key.
    pub key_env: Option<String>,
    /// The header or the parameter in which a mapped service wants the key.
    pub key_header: Option<String>,
    pub key_query: Option<String>,
    /// Of all its prices, where its rows name none.
    pub currency: Option<String>,
    /// What it calls a security, where that is not the symbol.
    #[serde(default)]
    pub symbols: BTreeMap<String, String>,
    /// What it calls a pair such as `USD/CAD`.
    #[serde(default)]
    pub pairs: BTreeMap<String, String>,
    /// Whether it is asked only for what `symbols` and `pairs` name.
    #[serde(default)]
    pub only_listed: bool,
    /// Whether one request is made for all securities of a day.
    #[serde(default)]
    pub grouped: bool,
    /// A JSON pointer to the list of rows.
    pub rows: Option<String>,
    #[serde(default)]
    pub fields: Fields,
    #[serde(default)]
    pub dates: DateForm,
    #[serde(default)]
    pub limits: Limits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Ledger,
    Csv,
    Ndjson,
    HttpJson,
    HttpCsv,
    Fmp,
    Polygon,
    Fred,
    /// The ECB's data service.
    Ecb,
    /// The ECB's file of all reference rates, from a file or an address.
    EcbFile,
}

impl Kind {
    pub const fn is_file(self) -> bool {
        matches!(self, Self::Ledger | Self::Csv | Self::Ndjson)
    }

    pub const fn is_mapped(self) -> bool {
        matches!(
            self,
            Self::Csv | Self::Ndjson | Self::HttpJson | Self::HttpCsv
        )
    }

    pub const fn needs_key(self) -> bool {
        matches!(self, Self::Fmp | Self::Polygon | Self::Fred)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    #[default]
    Prices,
    Rates,
}

/// Where each part of a row stands: a column's name in CSV, a JSON pointer within the row elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    pub symbol: Option<String>,
    pub date: Option<String>,
    pub close: Option<String>,
    pub currency: Option<String>,
    pub open: Option<String>,
    pub high: Option<String>,
    pub low: Option<String>,
    pub volume: Option<String>,
    pub adjustment: Option<String>,
    pub base: Option<String>,
    pub quote: Option<String>,
    pub rate: Option<String>,
}

/// How days are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateForm {
    /// `2025-10-21`; a time of day behind it is passed over.
    #[default]
    Iso,
    /// Since 1970; the day in UTC.
    UnixSeconds,
    UnixMilliseconds,
}

/// How patient and how hasty one is with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// For one attempt.
    pub timeout_ms: u64,
    /// For all requests of one build.
    pub total_timeout_ms: u64,
    pub attempts: u32,
    /// The pause before the second attempt; it doubles from then on.
    pub backoff_ms: u64,
    /// The longest pause that `Retry-After` may ask for.
    pub longest_wait_ms: u64,
    /// 0 is as many as there are.
    pub per_minute: u32,
    pub at_once: usize,
    pub most_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout_ms: 10_000,
            total_timeout_ms: 300_000,
            attempts: 3,
            backoff_ms: 500,
            longest_wait_ms: 60_000,
            per_minute: 0,
            at_once: 4,
            most_bytes: 16 * 1024 * 1024,
        }
    }
}

impl Limits {
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub fn total_timeout(&self) -> Duration {
        Duration::from_millis(self.total_timeout_ms)
    }

    pub fn longest_wait(&self) -> Duration {
        Duration::from_millis(self.longest_wait_ms)
    }

    /// Between the beginnings of two requests.
    pub fn interval(&self) -> Duration {
        if self.per_minute == 0 {
            Duration::ZERO
        } else {
            Duration::from_mins(1) / self.per_minute
        }
    }
}

fn raw() -> PriceAdjustment {
    PriceAdjustment::Raw
}
