//! PostgreSQL servers and a faulty network, for tests.
//!
//! A [`Cluster`] is a throw-away PostgreSQL server that can be stopped, killed, followed and
//! promoted. A [`Proxy`] stands between a client and a server and delays, swallows or resets what
//! passes. A [`WebServer`] answers what a test makes up. All are gone when they are dropped.

// A test kit talks to people through the terminal; there is no log to write to.
#![allow(clippy::print_stderr)]

mod cluster;
pub mod packages;
pub mod process;
mod proxy;
mod web;

pub use cluster::{Cluster, Durability, StopMode, find_postgres, free_port};
pub use proxy::{BlackHole, Counts, Proxy};
pub use web::{Asked, Reply, WebServer};
