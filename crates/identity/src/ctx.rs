//! The context that every service function takes first.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use db::{Database, Reader};
use entity::values::{ActorKind, UserId};

/// Who acts: a person, or the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub user_id: Option<UserId>,
}

impl Actor {
    pub fn user(id: UserId) -> Self {
        Self {
            kind: ActorKind::User,
            user_id: Some(id),
        }
    }

    pub fn system() -> Self {
        Self {
            kind: ActorKind::System,
            user_id: None,
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.user_id {
            Some(id) => write!(f, "{}:{id}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

/// Where the time comes from; the program hands in the system's clock, a test its own.
#[derive(Clone, Copy, Debug)]
pub struct Clock(fn() -> DateTime<Utc>);

impl Clock {
    pub fn new(now: fn() -> DateTime<Utc>) -> Self {
        Self(now)
    }

    /// Now in UTC, truncated to the microseconds that both engines keep.
    pub fn now(self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }
}

/// What a service needs to know of its caller. Cheap to clone; made by [`Ctx::new`] alone, so that
/// the database is always the scope's own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ctx {
    pub actor: Actor,
    /// Whose books: the `user_id` of every tenant row that is read or written.
    pub scope: UserId,
    pub request_id: Arc<str>,
    pub clock: Clock,
    /// Bound to the scope: PostgreSQL shows and takes no other user's rows.
    pub database: Database,
}

impl Ctx {
    /// The context of `actor` on the books of `scope`, in any handle of the database.
    pub fn new(
        actor: Actor,
        scope: UserId,
        request_id: Arc<str>,
        clock: Clock,
        database: &Database,
    ) -> Self {
        Self {
            actor,
            scope,
            request_id,
            clock,
            database: database.for_tenant(scope.0),
        }
    }

    /// For a single statement that reads tables that all users share, such as packs and securities.
    ///
    /// It is not bound to the scope, which saves two round trips. On PostgreSQL it finds no row of a
    /// tenant table, so that a finder that is given it by mistake finds nothing.
    pub fn shared(&self) -> Reader {
        self.database.shared_reader()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }
}
