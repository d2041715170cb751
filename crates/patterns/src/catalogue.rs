//! Which patterns there are, and what each takes.

use serde_json::{Value, json};

/// A pattern as its caller sees it.
#[derive(Clone, Debug)]
pub struct PatternInfo {
    pub id: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub needs_portfolio: bool,
    pub needs_security: bool,
    /// JSON Schema (2020-12) of `inputs`.
    pub inputs: Value,
}

/// The patterns, each a variant so that a run cannot forget one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    PortfolioOverview,
    HoldingDeepDive,
}

impl Pattern {
    const ALL: [Self; 2] = [Self::PortfolioOverview, Self::HoldingDeepDive];

    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pattern| pattern.id() == id)
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::PortfolioOverview => "portfolio_overview",
            Self::HoldingDeepDive => "holding_deep_dive",
        }
    }

    fn info(self) -> PatternInfo {
        match self {
            Self::PortfolioOverview => PatternInfo {
                id: self.id(),
                title: "Portfolio overview",
                description: "Positions, allocation by kind, currency and sector, cash, totals, \
                              and the largest unrealized gains and losses.",
                needs_portfolio: true,
                needs_security: false,
                inputs: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "largest": {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": 50,
                            "default": 5,
                            "description": "How many gains and losses to name.",
                        },
                    },
                }),
            },
            Self::HoldingDeepDive => PatternInfo {
                id: self.id(),
                title: "Holding deep dive",
                description: "One security in one portfolio: its lots, transactions, gain and \
                              weight.",
                needs_portfolio: true,
                needs_security: true,
                inputs: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {},
                }),
            },
        }
    }
}

pub fn list() -> Vec<PatternInfo> {
    Pattern::ALL.into_iter().map(Pattern::info).collect()
}

pub fn find(id: &str) -> Option<PatternInfo> {
    Pattern::named(id).map(Pattern::info)
}
