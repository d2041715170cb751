//! The service: books, packs and patterns over HTTP, as the REST contract describes them.
//!
//! - [`server`] starts it; [`state`] is what its handlers share.
//! - `routes` has one module a resource: paths, handlers, request and response types.
//! - `edge`: whose requests come in, how many, how large and how slow they may be, and TLS.
//! - `extract` reads requests strictly; `problem` turns every error into one form.
//! - `idempotency`, `etag`, `cursor`: the conventions that resources have in common.
//! - `shared_reads`: one reading for all who ask the same at once.
//! - `streams`: answers that stay open, and what wakes them.
//! - [`openapi`]: the contract, made from the code.

pub mod access;
mod answer;
mod caller;
mod change;
mod context;
mod cursor;
mod edge;
mod etag;
mod extract;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod guard;
mod idempotency;
mod ledger_file;
mod ledger_head;
mod metrics;
pub mod openapi;
mod principal;
mod problem;
mod reach;
pub mod routes;
pub mod schema;
mod security;
pub mod server;
mod shared_reads;
mod spool;
pub mod state;
mod streams;

pub use edge::{
    deadlines::Deadlines,
    rate_limits::{Rate, RateLimitConfig, RateLimits},
    tls::{Tls, TlsError},
};
pub use ledger_file::{LedgerFileError, hash_of_files, read_ledger_file};
pub use ledger_head::LedgerHeadReader;
pub use routes::positions::PositionsOut;
pub use security::Security;
pub use server::{Limits, serve};
pub use state::{ApiConfig, AppState, SchemaState};
