//! Which program wrote a file.

use std::{fmt, str::FromStr};

use super::words::did_you_mean;

/// Which program wrote a file, and so what its columns mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A table whose columns have usual names, or names that a mapping tells.
    Csv,
    /// Ghostfolio's export.
    GhostfolioJson,
    /// What Ghostfolio imports.
    GhostfolioCsv,
    /// Portfolio Performance's export of the transactions of an account or of a securities account.
    PortfolioPerformance,
    /// Wealthfolio's activities.
    Wealthfolio,
    /// An activity flex query of Interactive Brokers, as CSV.
    InteractiveBrokersFlex,
}

impl Format {
    pub const ALL: [Self; 6] = [
        Self::Csv,
        Self::GhostfolioJson,
        Self::GhostfolioCsv,
        Self::PortfolioPerformance,
        Self::Wealthfolio,
        Self::InteractiveBrokersFlex,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::GhostfolioJson => "ghostfolio",
            Self::GhostfolioCsv => "ghostfolio_csv",
            Self::PortfolioPerformance => "portfolio_performance",
            Self::Wealthfolio => "wealthfolio",
            Self::InteractiveBrokersFlex => "interactive_brokers_flex",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that no format has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no format{near}; the formats are {}", Format::ALL.map(Format::as_str).join(", "))]
pub struct UnknownFormat {
    pub name: String,
    /// The names that are near, in words.
    near: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.as_str() == name);
        found.ok_or_else(|| UnknownFormat {
            name: name.to_owned(),
            near: did_you_mean(name, Self::ALL.map(Self::as_str)),
        })
    }
}
