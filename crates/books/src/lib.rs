//! The books: portfolios, the securities they hold, transactions, lots and cash flows.
//!
//! Every function takes the caller's context first and sees the rows of its scope alone; none
//! begins a transaction. Sums are made in the program, from exact numbers.

mod amounts;
pub mod booked;
pub mod booking;
pub mod cash_flows;
pub mod currency;
mod dates;
mod error;
pub mod export;
pub mod gains;
pub mod holdings;
pub mod import;
pub mod lots;
pub mod page;
pub mod portfolios;
mod rates;
pub mod realized;
pub mod record;
mod rules;
pub mod securities;
pub mod statements;
mod text;
pub mod transactions;

pub use error::{Change, Error};
