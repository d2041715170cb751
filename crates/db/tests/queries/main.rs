//! What the helpers for statements promise, on both engines.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bulk;
mod copy;
mod days;
mod fetch;
mod made;
mod table;
mod upserts;
