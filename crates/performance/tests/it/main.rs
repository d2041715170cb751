//! Reconciliations through their public functions, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod differences;
mod example_ledger;
mod first_differences;
mod kept;
mod packs;
mod recorded;
mod setup;
mod steps;
