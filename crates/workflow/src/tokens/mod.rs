//! The token ledger: what calls of models used and cost, what may be used, and what is set aside for calls
//! that are under way.
//!
//! Input includes what was cached, output includes reasoning, and the total is input and output. Whatever
//! is summed up is summed up from the rows at that moment; no counter is kept beside them.

pub mod budgets;
mod checks;
mod cost;
mod exact_sum;
mod period;
pub mod prices;
pub mod reservations;
mod standing;
pub mod stats;
pub mod usage;

use entity::values::Money;

pub use period::{Period, period_of};
pub use standing::{Standing, standing};

/// The tokens of one call of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Cached ones included; at most 1,000,000,000.
    pub input: i64,
    pub cached_input: i64,
    /// Those of reasoning included; at most 1,000,000,000.
    pub output: i64,
    pub reasoning: i64,
}

impl Tokens {
    /// Input and output.
    pub fn total(self) -> i64 {
        self.input.saturating_add(self.output)
    }
}

/// An amount of money, and what it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Not negative, below 10^14, with at most 14 decimals.
    pub amount: Money,
    /// ISO 4217.
    pub currency: String,
}
