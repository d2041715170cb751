//! The test servers themselves: does a fault do what it says?

#![allow(clippy::expect_used, clippy::print_stdout, clippy::unwrap_used)]

mod clusters;
mod echo;
mod proxies;
mod resets;
