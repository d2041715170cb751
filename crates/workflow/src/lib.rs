//! Conversations: threads, the messages in them, and what came with these; what calls of models use and cost
//! ([`tokens`]); deployments.

pub mod artifacts;
pub mod deployments;
mod error;
pub mod messages;
mod text;
pub mod threads;
pub mod tokens;

pub use error::Error;
