//! Signed messages to other programs: that an approval is asked for, and what came of it.
//!
//! What is told is queued in the transaction that makes it true ([`announce`]), and sent by a job of mode
//! `deliver`: [`Sender::send`] is one attempt. The signature is that of
//! [Standard Webhooks](https://www.standardwebhooks.com) 1.0.0. A message goes to public addresses alone, unless
//! its endpoint says otherwise.

mod addresses;
mod announce;
mod client;
mod connect;
mod deliverer;
mod endpoint;
mod message;
mod sender;

pub(crate) use announce::announce;
pub use announce::{PLATFORM, register};
pub use client::Client;
pub use deliverer::Deliverer;
pub use endpoint::{Endpoint, EndpointError, Endpoints, NewEndpoint};
pub use message::{EventType, Message, message_id};
pub use sender::{Failure, Sender};
