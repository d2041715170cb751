//! The context that every service function takes first.

use std::{ops::Deref, sync::Arc};

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use db::{Database, Reader};
use entity::values::UserId;

use crate::{Actor, Origin};

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

/// What a service needs to know of its caller. Cheap to clone; made by [`Ctx::new`] and by entering
/// another user's scope ([`crate::shares::enter`]) alone, and never changed, so that the database is always
/// the scope's own.
#[derive(Clone, Debug)]
pub struct Ctx(Arc<Parts>);

/// The parts of a [`Ctx`], to be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts {
    pub actor: Actor,
    /// Whose books: the `user_id` of every tenant row that is read or written.
    pub scope: UserId,
    pub request_id: Arc<str>,
    pub origin: Origin,
    pub clock: Clock,
    /// Bound to the scope: PostgreSQL shows and takes no other user's rows.
    pub database: Database,
}

impl Deref for Ctx {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
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
        Self(Arc::new(Parts {
            actor,
            scope,
            request_id,
            origin: Origin::default(),
            clock,
            database: database.for_tenant(scope.0),
        }))
    }

    /// The same, of a request that came from `origin`.
    #[must_use]
    pub fn coming_from(&self, origin: Origin) -> Self {
        self.with(self.scope, origin)
    }

    /// The same actor on the books of another user; whoever calls this has checked that they may.
    pub(crate) fn in_scope(&self, scope: UserId) -> Self {
        self.with(scope, self.origin.clone())
    }

    fn with(&self, scope: UserId, origin: Origin) -> Self {
        Self(Arc::new(Parts {
            actor: self.actor,
            scope,
            request_id: Arc::clone(&self.request_id),
            origin,
            clock: self.clock,
            database: self.database.for_tenant(scope.0),
        }))
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
