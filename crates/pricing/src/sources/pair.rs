use std::{fmt, str::FromStr};

use iso_currency::Currency;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Two currencies, written `USD/CAD`: what a unit of the first costs in the second.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    pub base: String,
    pub quote: String,
}

impl Pair {
    pub fn new(base: &str, quote: &str) -> Self {
        Self {
            base: base.to_owned(),
            quote: quote.to_owned(),
        }
    }

    /// The two in the order of their names: the same for a pair and its inverse.
    pub(super) fn in_alphabet(&self) -> (&str, &str) {
        if self.base <= self.quote {
            (&self.base, &self.quote)
        } else {
            (&self.quote, &self.base)
        }
    }

    /// The pair that stands for itself and its inverse.
    pub(super) fn undirected(&self) -> Self {
        let (first, second) = self.in_alphabet();
        Self::new(first, second)
    }

    pub(super) fn inverse(&self) -> Self {
        Self::new(&self.quote, &self.base)
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.quote)
    }
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_currency = |code: &str| Currency::from_code(code).is_some();
        text.split_once('/')
            .filter(|(base, quote)| base != quote && is_currency(base) && is_currency(quote))
            .map(|(base, quote)| Self::new(base, quote))
            .ok_or_else(|| "expected two currencies of ISO 4217, as in USD/CAD".to_owned())
    }
}

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
