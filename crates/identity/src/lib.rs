//! Who acts, and whose books they act on.

mod ctx;
pub mod idempotency;
mod owner;
pub mod webhook;

pub use ctx::{Actor, Clock, Ctx};
pub use owner::{Error, local_owner};
