pub mod api_token;
pub mod audit_entry;
pub mod audit_head;
pub mod credential;
pub mod login_throttle;
pub mod portfolio_share;
pub mod refresh_token;
pub mod user;
