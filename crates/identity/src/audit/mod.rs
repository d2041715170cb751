//! The audit log: one row for every change and every refused attempt, each sealed over the one before.
//!
//! A row's hash is the SHA-256 of the hash of the row before and of the row itself in the canonical
//! form of RFC 8785 (docs/audit.md). Whoever changes a row changes every hash after it.

mod append;
mod entry;
mod fault;
mod head;
mod head_file;
mod list;
mod plain;
mod seal;
mod verify;

pub use append::append;
pub use entry::Entry;
pub use fault::Fault;
pub use head::{Head, Signature, SignatureError, SignedHead, Signer, current_head};
pub use head_file::{FileError, Kept, keep, read};
pub use list::{Filter, list};
pub use seal::{FIRST_PREV_HASH, instant};
pub use verify::{Verdict, verify};
