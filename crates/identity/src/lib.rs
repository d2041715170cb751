//! Who acts, and whose books they act on.

pub mod audit;
mod ctx;
pub mod idempotency;
mod owner;

pub use ctx::{Actor, Clock, Ctx};
pub use owner::{Error, local_owner};
