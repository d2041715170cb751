//! Conversations, and the work that agents do in them: threads, the messages in them, what came with these, and
//! jobs; what calls of models use and cost ([`tokens`]); deployments.

pub mod artifacts;
pub mod deployments;
mod error;
pub mod hints;
pub mod jobs;
pub mod messages;
pub mod queues;
pub mod stream;
mod text;
pub mod threads;
pub mod tokens;
pub mod worker;

pub use error::Error;
