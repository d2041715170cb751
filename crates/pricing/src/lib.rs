//! Pricing packs: dated sets of prices and FX rates that are filled, frozen, and proved by a hash.
//!
//! A pack is made `warming` ([`packs::create`]), filled from a file ([`load`]) or from a ledger
//! ([`build`]) or from many sources ([`sources`], step by step: [`builds`]), and then frozen with a hash of its content ([`packs::mark_fresh`]). Whoever holds
//! the hash can check the whole pack ([`packs::verify`]), one price of it ([`content::Proof`]), or a
//! file of it ([`content::read_export`]). A frozen pack that is wrong is restated ([`packs::restate`]),
//! and [`packs::diff`] says what that changed. [`quotes`] is what a valuation reads.
//!
//! What others call these functions, by the names that their modules make superfluous here:
//!
//! | elsewhere | here |
//! |---|---|
//! | `get_latest_pack` | [`packs::latest`]; where there must be one, [`packs::require_latest`] |
//! | `get_pack_by_id` | [`packs::find`] |
//! | `mark_pack_fresh` | [`packs::mark_fresh`] |
//! | `mark_pack_error` | [`packs::mark_error`] |
//! | `get_pack_health` | the operation of that name (`GET /health/pack`), which asks [`packs::latest`] |
//! | `ledger_commit_hash` | the member of that name in every provenance (`performance::Provenance`) |

pub mod build;
pub mod builds;
pub mod content;
mod error;
pub mod ids;
pub mod load;
pub mod packs;
pub mod page;
pub mod policy;
pub mod quotes;
mod securities;
pub mod sources;

pub use error::{Error, RowError};

/// The policy of a pack that names none.
pub const DEFAULT_POLICY: &str = "WM4PM_CAD";
