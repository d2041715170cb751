//! Exact numbers, typed ids, and the words that columns may hold.

mod enums;
mod exact;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod ids;

pub use enums::*;
pub use exact::{
    Amount, ArithmeticOverflow, InvalidDecimal, Money, Price, Quantity, Rate, Ratio, canonical,
};
pub use ids::*;

#[cfg(test)]
mod tests;
