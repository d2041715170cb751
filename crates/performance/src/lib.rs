//! What portfolios are worth: loads books and prices, and values the one with the other.
//!
//! [`valuation`] is pure, so that a ledger file is valued without a database by the same code as a
//! portfolio is over REST.

mod demand;
pub mod effect;
mod error;
pub mod lots;
mod positions;
mod provenance;
pub mod reconciliation;
pub mod valuation;

pub use demand::demand;
pub use effect::{Effects, effects};
pub use error::Error;
pub use positions::{LotsReport, Report, lots_report, positions, report};
pub use provenance::{ENGINE_VERSION, LedgerHead, Provenance};
pub use valuation::Valuation;
