//! Accounts and commodities, as Beancount allows them.

use std::collections::{BTreeMap, BTreeSet};

use entity::{books::security, values::SecurityId};
use unicode_normalization::UnicodeNormalization;

use crate::currency;

/// Beancount 2 had no longer ones, and other readers of its files keep to that.
const LONGEST: usize = 24;

/// Words that are no names to Beancount.
const RESERVED: [&str; 3] = ["TRUE", "FALSE", "NULL"];

pub(super) struct Names {
    /// `Assets:` and the portfolio.
    root: String,
    commodities: BTreeMap<SecurityId, String>,
}

impl Names {
    /// Securities whose symbols cannot be commodities get names that no other has.
    pub(super) fn of(portfolio: &str, securities: &BTreeMap<SecurityId, security::Model>) -> Self {
        let is_kept = |symbol: &str| is_commodity(symbol);
        let mut taken: BTreeSet<String> = securities
            .values()
            .map(|security| security.symbol.clone())
            .filter(|symbol| is_kept(symbol))
            .collect();
        let mut commodities = BTreeMap::new();
        let mut by_symbol: Vec<&security::Model> = securities.values().collect();
        by_symbol.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
        for security in by_symbol {
            let name = if is_kept(&security.symbol) {
                security.symbol.clone()
            } else {
                made_up(&security.symbol, &mut taken)
            };
            commodities.insert(security.id, name);
        }
        Self {
            root: format!("Assets:{}", component(portfolio)),
            commodities,
        }
    }

    pub(super) fn root(&self) -> &str {
        &self.root
    }

    pub(super) fn cash(&self) -> String {
        format!("{}:Cash", self.root)
    }

    /// What is short has an account of its own, since purchases of an account close what is short in it.
    pub(super) fn units(&self, security: SecurityId, is_short: bool) -> String {
        let below = component(self.commodity(security));
        let short = if is_short { ":Short" } else { "" };
        format!("{}:{below}{short}", self.root)
    }

    pub(super) fn commodity(&self, security: SecurityId) -> &str {
        self.commodities
            .get(&security)
            .map_or("UNKNOWN", |name| name)
    }

    /// An account, with the security that it is about as its last part.
    pub(super) fn about(&self, account: &str, security: Option<SecurityId>) -> String {
        match security {
            Some(security) => format!("{account}:{}", component(self.commodity(security))),
            None => account.to_owned(),
        }
    }
}

fn is_commodity(symbol: &str) -> bool {
    let inside = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"'._-".contains(&b);
    let bytes = symbol.as_bytes();
    let begins = bytes.first().is_some_and(u8::is_ascii_uppercase);
    let ends = bytes
        .last()
        .is_some_and(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    begins
        && ends
        && bytes.len() <= LONGEST
        && symbol.bytes().all(inside)
        && !RESERVED.contains(&symbol)
        // Units of it would be cash.
        && !currency::is_known(symbol)
}

fn made_up(symbol: &str, taken: &mut BTreeSet<String>) -> String {
    let letters: String = symbol
        .chars()
        .map(|c| {
            if matches!(c, 'A'..='Z' | '0'..='9' | '.' | '_' | '\'') {
                c
            } else {
                '-'
            }
        })
        .take(LONGEST - 6)
        .collect();
    let stem = format!("X-{letters}");
    let stem = stem.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let numbered = (1..).map(|number: u32| format!("{stem}-{number}"));
    let mut names = std::iter::once(stem.to_owned()).chain(numbered);
    let name = names
        .find(|name| is_commodity(name) && !taken.contains(name))
        .unwrap_or_else(|| stem.to_owned());
    taken.insert(name.clone());
    name
}

/// A part of an account's name: letters and digits of ASCII with hyphens between them.
fn component(name: &str) -> String {
    let mut part = String::new();
    for c in name.nfkd() {
        if c.is_ascii_alphanumeric() {
            part.push(c);
        } else if !part.is_empty() && !part.ends_with('-') && c.is_ascii() {
            part.push('-');
        }
    }
    let part = part.trim_end_matches('-');
    let mut letters = part.chars();
    match letters.next() {
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        None => "Portfolio".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{component, is_commodity, made_up};

    #[test]
    fn symbols_that_are_no_commodities_get_names_of_their_own() {
        assert!(is_commodity("BRK.B") && is_commodity("V") && is_commodity("A'B-C_9"));
        for symbol in [
            "7203.T",
            "USD",
            "TRUE",
            "A.",
            "BTC/USD",
            "",
            &"A".repeat(25),
        ] {
            assert!(!is_commodity(symbol), "{symbol}");
        }
        let mut taken = BTreeSet::new();
        assert_eq!(made_up("7203.T", &mut taken), "X-7203.T");
        assert_eq!(made_up("BTC/USD", &mut taken), "X-BTC-USD");
        assert_eq!(made_up("BTC-USD.", &mut taken), "X-BTC-USD-1");
        assert_eq!(made_up("//", &mut taken), "X");
        let long = made_up(&"/A".repeat(20), &mut taken);
        assert!(is_commodity(&long), "{long}");
    }

    #[test]
    fn names_become_parts_of_accounts() {
        assert_eq!(component("Broker"), "Broker");
        assert_eq!(component("my depot (USD)"), "My-depot-USD");
        assert_eq!(component("Übertrag: a/b"), "Ubertrag-a-b");
        assert_eq!(component("株"), "Portfolio");
        assert_eq!(component("BRK.B"), "BRK-B");
    }
}
