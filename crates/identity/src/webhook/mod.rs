//! Signed messages from other programs: who sent them, whether they are whole, and whether they came
//! before. The signature of those that the service itself sends is made with the same [`Secret`].
//!
//! Two ways to sign are known, both HMAC-SHA256 with a secret that only producer and service share:
//! [Standard Webhooks](https://www.standardwebhooks.com) 1.0.0, over `{id}.{timestamp}.{body}`, and a
//! plain form, over body, timestamp and producer one after another.

mod producer;
mod receiver;
mod replay;
mod secret;
mod verify;

pub use producer::{Producer, ProducerError, Producers, is_email, is_name};
pub use receiver::receiver;
pub use replay::{KEPT_FOR, forget_old, remember};
pub use secret::{Secret, SecretError, Weakness};
pub use verify::{PRODUCER_HEADER, Refusal, SKEW, Verified};
