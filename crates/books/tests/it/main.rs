//! The books through their public functions, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod beancount;
mod figures;
mod imports;
mod portfolios;
mod random_ledgers;
mod refusals;
mod securities;
mod setup;
mod speed;
