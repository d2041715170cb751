//! Whose portfolios the demo shows.

/// How one portfolio is run. Amounts are in hundredths of the base currency.
pub struct Plan {
    pub portfolio: &'static str,
    /// The part of its account names that is its own.
    pub account: &'static str,
    pub base: &'static str,
    /// Dividends from elsewhere are taxed at their source.
    pub home: &'static str,
    pub symbols: &'static [&'static str],
    pub opening: i64,
    pub monthly: i64,
    /// Of its random choices.
    pub stream: u64,
}

pub const PLANS: [Plan; 3] = [
    Plan {
        portfolio: "Demo Growth",
        account: "Growth",
        base: "USD",
        home: "US",
        symbols: &["BRK.B", "NKE", "PYPL", "HHC", "EVO"],
        opening: 5_000_000,
        monthly: 200_000,
        stream: 201,
    },
    Plan {
        portfolio: "Demo Income",
        account: "Canada",
        base: "CAD",
        home: "CA",
        symbols: &["CNR", "BAM", "BBUC", "BTI"],
        opening: 8_000_000,
        monthly: 150_000,
        stream: 202,
    },
    Plan {
        portfolio: "Demo World",
        account: "World",
        base: "EUR",
        home: "SE",
        symbols: &["EVO", "BRK.B", "CNR", "BTI", "NKE", "BAM"],
        opening: 3_000_000,
        monthly: 120_000,
        stream: 203,
    },
];
