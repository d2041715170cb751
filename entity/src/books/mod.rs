pub mod cash_flow;
pub mod import;
pub mod lot;
pub mod lot_closure;
pub mod portfolio;
pub mod security;
pub mod transaction;
