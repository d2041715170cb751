//! The books through their public functions, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod beancount;
mod booking;
mod cases;
mod exports;
mod figures;
mod growing_ledger;
mod imports;
mod lists;
mod portfolios;
mod random_ledgers;
mod recording;
mod refusals;
mod securities;
mod setup;
mod speed;
mod statement_imports;
mod statements;
