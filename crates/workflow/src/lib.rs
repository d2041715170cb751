//! Conversations, and the work that agents do in them: threads, the messages in them, what came with these, and
//! jobs.

pub mod artifacts;
mod error;
pub mod hints;
pub mod jobs;
pub mod messages;
pub mod queues;
pub mod stream;
mod text;
pub mod threads;
pub mod webhooks;

pub use error::Error;
