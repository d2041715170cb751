//! The audit log: one row for every change and every refused attempt, each sealed over the one before.
//!
//! A row's hash is the SHA-256 of the hash of the row before and of the row itself in the canonical
//! form of RFC 8785 (docs/audit.md). Whoever changes a row changes every hash after it.

mod append;
mod entry;
mod plain;
mod seal;

pub use append::append;
pub use entry::Entry;
pub use seal::FIRST_PREV_HASH;
