//! Who acts, and whose books they act on; accounts, passwords, sessions and tokens.

mod ctx;
mod error;
pub mod idempotency;
mod owner;
pub mod passwords;
mod random;

pub use ctx::{Actor, Clock, Ctx};
pub use error::Error;
pub use owner::local_owner;
pub use passwords::{Password, Passwords, WeakPassword};
