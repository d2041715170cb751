pub mod artifact;
pub mod artifact_revision;
pub mod message;
pub mod message_word;
pub mod thread;
