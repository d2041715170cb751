//! Who asks, as far as the database is concerned: whose books, and how much they have seen.

use std::sync::Arc;

use actix_web::http::{Method, header::HeaderMap};
use db::{Database, Position, Reads};
use entity::values::UserId;
use identity::{Actor, Clock, Ctx};

use crate::problem::Problem;

/// In an answer: how far the caller's writes reach in the primary's log. Sent back with a later
/// request, it keeps that from a replica that does not have them yet.
pub const POSITION: &str = "tallystick-position";

/// Readings may be shared among callers that are equal in this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    pub scope: UserId,
    pub reads: Reads,
    /// `None` where nothing in particular must be seen.
    pub seen: Option<Position>,
}

impl Caller {
    /// Only what cannot lead to a write may be read from a replica.
    pub fn of_request(
        scope: UserId,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let reads = if *method == Method::GET || *method == Method::HEAD {
            Reads::Replica
        } else {
            Reads::Primary
        };
        let seen = match headers.get(POSITION) {
            None => None,
            Some(given) => Some(read_position(given.to_str().unwrap_or_default())?),
        };
        Ok(Self { scope, reads, seen })
    }

    pub fn ctx(self, actor: Actor, database: &Database, clock: Clock, request_id: Arc<str>) -> Ctx {
        let database = database.for_caller(self.reads, self.seen);
        Ctx::new(actor, self.scope, request_id, clock, &database)
    }
}

/// The context of a reading that is made once for all callers that are equal in [`Caller`].
pub fn shared_ctx(caller: Caller, database: &Database, clock: Clock) -> Ctx {
    caller.ctx(Actor::system(), database, clock, "shared".into())
}

fn read_position(text: &str) -> Result<Position, Problem> {
    text.parse().map_err(|error: db::NotAPosition| {
        Problem::header("Tallystick-Position", error.to_string())
    })
}
