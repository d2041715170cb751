//! Named, repeatable analyses: the same pattern on the same inputs, pack and books revision gives
//! the same bytes, and [`replay`] proves it.
//!
//! - [`catalogue`]: which patterns there are and what they take.
//! - [`gate`]: which pricing pack a run may use.
//! - [`execute`] runs and stores; [`executions`] reads what was stored.

pub mod catalogue;
mod difference;
mod error;
mod execute;
pub mod executions;
mod gate;
mod hash;
mod holding_deep_dive;
mod inputs;
mod portfolio_overview;
mod replay;
mod view;

pub use catalogue::{PatternInfo, find, list};
pub use error::{Error, InputError};
pub use execute::{ExecuteRequest, execute, run, store};
pub use performance::LedgerHead;
pub use replay::{Replay, replay, rerun};

#[cfg(test)]
mod tests;
