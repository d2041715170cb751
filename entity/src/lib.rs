//! What the database stores: one module a table, grouped by domain, and the values they hold.
//!
//! A `Model` is a row and never leaves the program as JSON; the `api` crate has types of its own.
//! [`values`] holds the exact numbers, the typed ids and the enumerations that every crate speaks.

pub mod books;
pub mod deployment;
pub mod execution;
pub mod idempotency_key;
pub mod identity;
pub mod performance;
pub mod pricing;
pub mod received_webhook;
pub mod shape;
pub mod values;
pub mod workflow;
