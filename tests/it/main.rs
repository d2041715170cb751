//! The product over HTTP: one module a resource, each test on both engines.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod app;
mod approvals;
mod audit;
mod authorization;
mod bad_input;
mod books_exports;
mod cash_flows;
mod contract;
mod conventions;
mod cursors;
mod database;
mod deployment_hook;
mod deployments;
mod edge_cors;
mod edge_headers;
mod edge_rate_limits;
mod edge_slow;
mod edge_unread;
mod executions;
mod expected_positions;
mod fuzzing;
mod gains;
mod guard_paths;
mod health;
mod idempotency;
mod imports;
mod jobs;
mod pack_diffs;
mod pack_exports;
mod pack_rows;
mod packs;
mod portfolios;
mod positions;
mod proofs;
mod read_ahead;
mod reconciliations;
mod refusals;
mod restatements;
mod securities;
mod server;
mod sessions;
mod shares;
mod signals;
mod streams;
mod tenants;
mod threads;
mod token_budgets;
mod tokens;
mod transactions;
mod transfers;
