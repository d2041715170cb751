//! Conversations, and the work that agents do in them: threads, the messages in them, what came with these, jobs,
//! what jobs may do once people have agreed to it, and signed messages that tell of it; what calls of models use
//! and cost ([`tokens`]); deployments.

pub mod approvals;
pub mod artifacts;
pub mod deployments;
mod error;
pub mod hints;
pub mod jobs;
pub mod messages;
pub mod queues;
pub mod retention;
pub mod search;
pub mod stream;
mod text;
pub mod threads;
pub mod tokens;
pub mod webhooks;
pub mod worker;

pub use error::Error;
