//! What the crate promises, on both engines, and what is left of it when servers and networks fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod faults;
mod ha;
mod hints;
mod pools;
mod queries;
mod tenants;
mod transactions;
mod units;
