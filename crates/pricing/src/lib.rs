//! Pricing packs: dated sets of prices and FX rates that are filled, frozen, and proved by a hash.
//!
//! A pack is made `warming` ([`packs::create`]), filled from a file ([`load`]) or from a ledger
//! ([`build`]), and then frozen with a hash of its content ([`packs::mark_fresh`]). Whoever holds
//! the hash can check the whole pack ([`packs::verify`]) or one price of it ([`content::Proof`]).
//! [`quotes`] is what a valuation reads.

pub mod build;
pub mod content;
mod error;
pub mod ids;
pub mod load;
pub mod packs;
pub mod page;
pub mod policy;
pub mod quotes;
mod securities;

pub use error::{Error, RowError};

/// The policy of a pack that names none.
pub const DEFAULT_POLICY: &str = "WM4PM_CAD";
