//! Prices and rates from where they are published: files, ledgers and services on the network.
//!
//! [`settings`] says which sources there are and what a policy wants of them. [`Asker`] asks them, each security
//! and each pair in its own order of preference, and [`gather`] makes of the answers the content of a
//! pack with a [`Report`] of what is missing and what is old. Nothing here touches the database: a source
//! that takes its time keeps no transaction open, and one that fails has its rows missing.

mod answer;
mod asker;
mod calls;
mod csv_rows;
mod gather;
mod http;
mod json_rows;
mod ledger_prices;
mod numbers;
mod pair;
mod reader;
mod report;
mod row;
pub mod settings;
mod shape;

pub use asker::{Asker, Secret};
pub use gather::{Gathered, gather};
pub use http::Client;
pub use pair::Pair;
pub use report::{Carried, Missing, Report, SourceReport, Stale};

use std::collections::BTreeSet;

/// What a pack should hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Symbols of securities, each with the currency of its prices (ISO 4217).
    pub prices: BTreeSet<(String, String)>,
    /// Currencies that are converted into others: the first into the second.
    pub conversions: BTreeSet<(String, String)>,
}

impl Wanted {
    pub fn extend(&mut self, other: Self) {
        self.prices.extend(other.prices);
        self.conversions.extend(other.conversions);
    }
}
