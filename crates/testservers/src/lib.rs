//! PostgreSQL servers, for tests.
//!
//! A [`Cluster`] is a throw-away PostgreSQL server that can be stopped, killed, followed and
//! promoted. It is gone when it is dropped.

// A test kit talks to people through the terminal; there is no log to write to.
#![allow(clippy::print_stderr)]

mod cluster;
pub mod packages;
pub mod process;

pub use cluster::{Cluster, Durability, StopMode, find_postgres, free_port};
