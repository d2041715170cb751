//! Where the database is and how much of it to use.

use std::time::Duration;

use crate::{Address, ConnectError, Engine, Priority};

/// How to reach a database and how far to lean on it.
#[derive(Clone)]
pub struct Settings {
    /// `sqlite://path`, `sqlite::memory:`, `postgres://…` or `postgresql://…`; may hold a password.
    /// Several hosts (`h1,h2:5433`) are one primary and the servers that may take its place.
    pub url: String,
    /// A way to the same PostgreSQL server past a transaction pooler: for migrations and locks.
    pub direct_url: Option<String>,
    /// The same PostgreSQL database as the role that owns its tables, past any pooler: for
    /// migrations. Without it they take `direct_url`, or `url`.
    pub owner_url: Option<String>,
    /// Whether `url` leads to pgbouncer in transaction mode.
    pub behind_pgbouncer: bool,
    /// Streaming replicas of the PostgreSQL primary.
    pub replica_urls: Vec<String>,
    /// A replica further behind than this is left out.
    pub replica_max_lag: Duration,
    /// Refuse a remote PostgreSQL server whose name its certificate does not prove.
    pub require_verified_tls: bool,
    /// Connections kept open for requests (on SQLite: readers beside the one writer).
    pub pool_min_size: u32,
    /// Connections for requests that stay open while they are used now and then.
    pub pool_max_size: u32,
    /// Further connections for requests, closed as soon as they idle.
    pub max_overflow: u32,
    /// Connections for jobs and recomputation.
    pub background_pool_max_size: u32,
    /// Units of work that may wait for a connection; more are refused at once.
    pub max_waiting: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How long background work waits for a connection.
    pub background_acquire_timeout: Duration,
    /// The longest that one statement of a request may take.
    pub command_timeout: Duration,
    /// The longest that one statement of background work may take.
    pub background_command_timeout: Duration,
    /// An idle connection over the pool's least size is closed after this time.
    pub max_inactive_connection_lifetime: Duration,
    /// A connection is closed at this age.
    pub pool_recycle: Duration,
    /// A connection that idled longer is asked whether it still answers.
    pub ping_after_idle: Duration,
    /// A statement that takes longer is logged as a warning.
    pub slow_query: Duration,
    /// How long SQLite waits for another process's write.
    pub busy_timeout: Duration,
    /// What SQLite survives.
    pub synchronous: Synchronous,
}

/// How far SQLite's commits reach before they are acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Acknowledged commits survive a loss of power.
    #[default]
    Full,
    /// They survive the end of the process; the last ones may be lost with the power.
    Normal,
}

impl Settings {
    /// The longest that one statement may take; `None` for as long as it needs.
    pub(crate) fn statement_limit(&self, priority: Priority) -> Option<Duration> {
        match priority {
            // A migration takes the time that its tables ask for.
            Priority::Schema => None,
            Priority::Application => Some(self.command_timeout),
            Priority::Background => Some(self.background_command_timeout),
        }
    }

    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            direct_url: None,
            owner_url: None,
            behind_pgbouncer: false,
            replica_urls: Vec::new(),
            replica_max_lag: Duration::from_secs(5),
            require_verified_tls: false,
            pool_min_size: 5,
            pool_max_size: 20,
            max_overflow: 10,
            background_pool_max_size: 5,
            max_waiting: 1000,
            acquire_timeout: Duration::from_secs(2),
            background_acquire_timeout: Duration::from_secs(30),
            command_timeout: Duration::from_mins(1),
            background_command_timeout: Duration::from_mins(10),
            max_inactive_connection_lifetime: Duration::from_mins(5),
            pool_recycle: Duration::from_hours(1),
            ping_after_idle: Duration::from_secs(10),
            slow_query: Duration::from_millis(100),
            busy_timeout: Duration::from_secs(5),
            synchronous: Synchronous::Full,
        }
    }

    pub fn engine(&self) -> Result<Engine, ConnectError> {
        Ok(Address::parse(&self.url)?.engine())
    }
}
