//! The crate from outside: faults, portfolios, shared cases, and Beancount itself as an oracle.

// Helpers of tests are tests too, which Clippy's configuration does not see.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod booking_cases;
mod faults;
mod files;
mod oracle;
mod portfolio;
mod positions;
mod random;
mod shared;
