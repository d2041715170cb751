//! What is booked: transactions as the lots see them.

use chrono::NaiveDate;
use entity::values::{Rate, SecurityId, TransactionId};
use rust_decimal::Decimal;

/// A lot by what opened it: a corporate action opens several, told apart by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotKey {
    pub opened_by: TransactionId,
    pub ordinal: u32,
}

/// A transaction as the lots see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub transaction: TransactionId,
    pub date: NaiveDate,
    /// Of the cost or the proceeds.
    pub currency: String,
    /// Units of the portfolio's base currency for one of `currency`, if it is known.
    pub rate: Option<Rate>,
    pub movement: Movement,
}

/// New units for old ones: 2 for 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub new: Decimal,
    pub old: Decimal,
}

/// Units with the date and the cost that they had elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub acquired_on: NaiveDate,
    /// Negative for a short.
    pub quantity: Decimal,
    /// Of `quantity`, in `currency`.
    pub cost: Decimal,
    pub cost_base: Option<Decimal>,
    pub currency: String,
}

/// Which lots a sale takes, by what opened them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub opened_by: TransactionId,
    /// Positive.
    pub quantity: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Units come in at a total cost. They first close what is short.
    Acquire {
        security: SecurityId,
        quantity: Decimal,
        cost: Decimal,
        /// Where it was bought elsewhere, earlier.
        acquired_on: Option<NaiveDate>,
    },
    /// Units leave for total proceeds. What is not there goes short where that is allowed.
    Dispose {
        security: SecurityId,
        quantity: Decimal,
        proceeds: Decimal,
        chosen: Vec<Choice>,
    },
    /// Units come in with their cost, lot by lot.
    Receive {
        security: SecurityId,
        lots: Vec<Arrival>,
    },
    /// Units leave with their cost.
    Remove {
        security: SecurityId,
        quantity: Decimal,
        chosen: Vec<Choice>,
    },
    /// A split, a reverse split or a stock dividend: other units at the same cost.
    Split {
        security: SecurityId,
        exchange: Exchange,
        /// What was paid for the fraction of a unit that nobody gets.
        in_lieu: Option<Decimal>,
    },
    /// Cash that gives back a part of the cost; what is more than the cost is gain.
    ReturnCapital { security: SecurityId, cash: Decimal },
    /// Units of another security, which take a part of the cost with them.
    SpinOff {
        from: SecurityId,
        into: SecurityId,
        exchange: Exchange,
        /// The part of the cost, 0 to 1.
        basis_share: Decimal,
        in_lieu: Option<Decimal>,
    },
    /// All units become units of another security, or cash, or both.
    Merge {
        from: SecurityId,
        cash: Decimal,
        into: Option<MergedInto>,
    },
}

/// What units become in a merger that is not for cash alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedInto {
    pub security: SecurityId,
    pub exchange: Exchange,
    /// The part of the cost that goes with the cash, 0 to 1.
    pub cash_share: Decimal,
    pub in_lieu: Option<Decimal>,
}

impl Movement {
    /// The securities whose lots it changes.
    pub fn securities(&self) -> impl Iterator<Item = SecurityId> {
        let (first, second) = match self {
            Self::Acquire { security, .. }
            | Self::Dispose { security, .. }
            | Self::Receive { security, .. }
            | Self::Remove { security, .. }
            | Self::Split { security, .. }
            | Self::ReturnCapital { security, .. } => (*security, None),
            Self::SpinOff { from, into, .. } => (*from, Some(*into)),
            Self::Merge { from, into, .. } => (*from, into.map(|into| into.security)),
        };
        [Some(first), second].into_iter().flatten()
    }
}
