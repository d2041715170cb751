//! One module a command.

pub mod audit;
pub mod demo;
pub mod doctor;
pub mod export;
pub mod import;
mod import_report;
pub mod keys;
pub mod ledger;
pub mod maintain;
pub mod migrate;
pub mod openapi;
pub mod pack;
pub mod positions;
pub mod producer;
pub mod reconcile;
pub mod serve;
mod stop;
pub mod token;
pub mod user;
mod valuation;
pub mod worker;
