pub mod artifact;
pub mod message;
pub mod thread;
