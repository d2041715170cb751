//! The database as the rest of the program holds it.

use std::sync::Arc;

use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::{
    ConnectError, Engine, Position, Priority, Reads, Settings,
    address::Address,
    board::{self, Board},
    observe::Observer,
    pool::Pool,
    pool_metrics::PoolFamilies,
    postgres::{self, Cluster},
    reader::Reader,
    session::Session,
    sqlite::{self, File},
    tidy,
};

/// Both ways into a database, for one priority and one caller. Cheap to clone.
///
/// - [`Database::write`]: a transaction that commits when its work succeeds.
/// - [`Database::read`]: several statements that see one snapshot.
/// - [`Database::reader`]: one statement that reads, no transaction.
///
/// As a connection of its own it sends single statements to the primary, each a transaction.
#[derive(Clone)]
pub struct Database {
    pub(crate) reader: Reader,
}

/// What all handles of a database share.
pub(crate) struct Inner {
    pub backend: Backend,
    pub settings: Settings,
    pub observer: Arc<Observer>,
    pub families: PoolFamilies,
    pub board: Arc<Board>,
    /// Ends the tasks that work for it.
    pub stop: CancellationToken,
    _stop: DropGuard,
}

pub(crate) enum Backend {
    Sqlite(Box<File>),
    Postgres(Box<Cluster>),
}

impl Database {
    /// Opens the database and fails if it does not answer.
    pub async fn connect(settings: &Settings) -> Result<Self, ConnectError> {
        let database = Self::open(settings).await?;
        database.first_contact().await?;
        Ok(database)
    }

    /// Waits until the database has answered, or once refused to.
    pub async fn first_contact(&self) -> Result<(), ConnectError> {
        match &self.reader.inner.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(cluster) => cluster.first_contact().await,
        }
    }

    /// As [`Database::connect`], but a PostgreSQL server may come later: until it does, units of
    /// work are refused as unavailable.
    pub async fn open(settings: &Settings) -> Result<Self, ConnectError> {
        let observer = Arc::new(Observer::new(settings.slow_query)?);
        let families = PoolFamilies::new()?;
        let stop = CancellationToken::new();
        let backend = match Address::parse(&settings.url)? {
            Address::Sqlite(address) => {
                let file = sqlite::open(&address, settings, &observer, &families).await?;
                Backend::Sqlite(Box::new(file))
            }
            Address::Postgres(address) => {
                let cluster = postgres::open(address, settings, &observer, &families, &stop)?;
                Backend::Postgres(Box::new(cluster))
            }
        };
        tidy::keep(
            backend.pools().into_iter().cloned().collect(),
            settings,
            &stop,
        );
        let (board, posted) = match &backend {
            Backend::Sqlite(_) => (Board::alone(), None),
            Backend::Postgres(_) => {
                let (board, posted) = Board::among_others();
                (board, Some(posted))
            }
        };
        let inner = Arc::new(Inner {
            backend,
            settings: settings.clone(),
            observer,
            families,
            board: Arc::new(board),
            stop: stop.clone(),
            _stop: stop.clone().drop_guard(),
        });
        if let Some(posted) = posted {
            tokio::spawn(board::forward(posted, Arc::downgrade(&inner), stop));
        }
        Ok(Self {
            reader: Reader {
                inner,
                priority: Priority::Application,
                session: Arc::default(),
                tenant: None,
            },
        })
    }

    pub fn engine(&self) -> Engine {
        self.reader.engine()
    }

    /// For a single statement that reads. Several that must agree belong in [`Database::read`].
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The same database by the connections of another priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        let mut database = self.clone();
        database.reader.priority = priority;
        database
    }

    /// The same database for one caller, who has seen what was written up to `seen`.
    #[must_use]
    pub fn for_caller(&self, reads: Reads, seen: Option<Position>) -> Self {
        let mut database = self.clone();
        database.reader.session = Arc::new(Session::new(reads, seen));
        database
    }

    /// The same database as the user `tenant` may see it, by PostgreSQL's row-level security: every
    /// unit of work, and every single statement, runs in a transaction that begins by saying for
    /// whom it works. No connection remembers it longer than that.
    ///
    /// Of a handle without one, PostgreSQL shows no row that belongs to a user. On SQLite it changes
    /// nothing.
    #[must_use]
    pub fn for_tenant(&self, tenant: Uuid) -> Self {
        let mut database = self.clone();
        database.reader.tenant = Some(tenant);
        database
    }

    /// For a single statement that reads what all users share. It costs one round trip even where
    /// this handle is bound to a user, since it names none: PostgreSQL shows it no user's rows.
    #[must_use]
    pub fn shared_reader(&self) -> Reader {
        Reader {
            tenant: None,
            ..self.reader.clone()
        }
    }

    pub fn has_replicas(&self) -> bool {
        self.reader.inner.has_replicas()
    }

    /// How far the caller's own writes, and what it had seen before, reach in the primary's log;
    /// `None` without replicas.
    pub fn position(&self) -> Option<Position> {
        let seen = self.reader.session.seen();
        (self.has_replicas() && seen > Position::default()).then_some(seen)
    }

    /// Waits for work that is under way, then closes every connection.
    pub async fn close(&self) {
        let pools = self.reader.inner.backend.pools();
        for pool in &pools {
            pool.close();
        }
        while pools.iter().any(|pool| pool.status().in_use > 0) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        if let Backend::Sqlite(file) = &self.reader.inner.backend {
            file.checkpoint().await;
        }
    }
}

impl Backend {
    pub fn pools(&self) -> Vec<&Pool> {
        match self {
            Self::Sqlite(file) => file.pools(),
            Self::Postgres(cluster) => cluster.pools(),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("engine", &self.engine())
            .field("priority", &self.reader.priority)
            .finish_non_exhaustive()
    }
}
