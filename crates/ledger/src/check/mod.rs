//! What Beancount checks once everything is booked: accounts, currencies, balances and pads.

pub(crate) mod accounts;
pub(crate) mod balances;
pub(crate) mod pads;
