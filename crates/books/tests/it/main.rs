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
mod former_rules;
mod growing_ledger;
mod imports;
mod ledger_what_if;
mod lists;
mod portfolios;
mod random;
mod random_ledgers;
mod recording;
mod refusals;
mod securities;
mod setup;
mod speed;
mod statement_imports;
mod statements;
mod transfers;
