//! Conversations: threads, the messages in them, and what came with these.

pub mod artifacts;
mod error;
pub mod hints;
pub mod messages;
pub mod queues;
pub mod retention;
pub mod search;
pub mod stream;
mod text;
pub mod threads;

pub use error::Error;
