//! Conversations: threads, the messages in them, and what came with these.

pub mod artifacts;
mod error;
pub mod messages;
mod text;
pub mod threads;
pub mod webhooks;

pub use error::Error;
