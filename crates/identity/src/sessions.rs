//! Sessions: how they begin, go on and end.
//!
//! A login takes three steps, so that nobody waits in a transaction for a password to be hashed:
//!
//! 1. [`admit`], in a transaction of its own: counts the attempt, or says how long to wait.
//! 2. [`check`], in none: whose password it is.
//! 3. [`begin`], in a transaction: the session, and the attempt is not counted any more.
//!
//! All that changes a user's sessions locks the user first.

mod login;
mod refresh;
mod refresh_token;
mod standing;
#[cfg(test)]
mod tests;
mod throttle;
mod tidy;

pub use login::{LoginRefusal, Proof, Told, begin, check};
pub(crate) use refresh::revoke_all;
pub use refresh::{NewSession, RefreshRefusal, Refreshed, logout, logout_everywhere, refresh};
pub use refresh_token::{NotARefreshToken, RefreshToken};
pub use standing::{Standing, StandingKey, StandsBy, standing};
pub(crate) use throttle::forgive_account;
pub use throttle::{Attempt, admit, withdraw};
pub use tidy::{Tidied, tidy};
