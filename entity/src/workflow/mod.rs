pub mod artifact;
pub mod message;
pub mod thread;
pub mod token_budget;
pub mod token_reservation;
pub mod token_usage;
