use chrono::NaiveDate;
use entity::values::{Money, PortfolioId, Quantity, Ratio, SecurityId, TransactionId};
use serde::{Deserialize, Serialize};

/// What a transaction needs besides its figures; each kind has its own.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// New units for old ones: of a split, a spin-off, a merger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<UnitRatio>,
    /// The security that is spun off, or that takes the place of the old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<SecurityId>,
    /// The part of the cost, 0 to 1, that goes to the security that is spun off, or with the cash of a
    /// merger that brings units too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis_share: Option<Ratio>,
    /// How much of the amount was paid for the fraction of a unit that nobody gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_lieu: Option<Money>,
    /// The lots that leave, by the transactions that opened them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotChoice>,
    /// The portfolio of the same owner to which cash or units are transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<PortfolioId>,
    /// When units that are transferred in were bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquired_on: Option<NaiveDate>,
}

/// 2 new for 1 old.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UnitRatio {
    pub new: Quantity,
    pub old: Quantity,
}

/// Units of the lots that one transaction opened.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LotChoice {
    pub transaction_id: TransactionId,
    pub quantity: Quantity,
}

impl Terms {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
