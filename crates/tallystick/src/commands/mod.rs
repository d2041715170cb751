//! One module a command.

pub mod audit;
pub mod demo;
pub mod doctor;
pub mod ledger;
pub mod maintain;
pub mod migrate;
pub mod openapi;
pub mod pack;
pub mod positions;
pub mod serve;
mod stop;
mod valuation;
