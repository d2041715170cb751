//! The books through their public functions, on both engines.

mod beancount;
mod figures;
mod imports;
mod portfolios;
mod random_ledgers;
mod refusals;
mod securities;
mod setup;
mod speed;
