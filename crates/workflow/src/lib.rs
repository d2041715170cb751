//! Conversations: threads, the messages in them, and what came with these.

pub mod artifacts;
mod error;
pub mod messages;
pub mod retention;
pub mod search;
mod text;
pub mod threads;

pub use error::Error;
