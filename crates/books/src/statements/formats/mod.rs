//! The formats: their columns, their words, and what their rows mean.

pub(super) mod generic;
mod generic_names;
mod generic_terms;
mod generic_words;
mod ghostfolio;
pub(super) mod ghostfolio_csv;
pub(super) mod ghostfolio_json;
pub(super) mod interactive_brokers;
pub(super) mod portfolio_performance;
pub(super) mod wealthfolio;
