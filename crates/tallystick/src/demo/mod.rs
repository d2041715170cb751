//! The demo: made-up books, always the same, and how they get into a database.

pub mod account;
mod ledger_text;
mod load;
mod market;
mod plans;
#[cfg(test)]
mod tests;
mod trading;

pub use ledger_text::ledger_text;
pub use load::{Loaded, load};
