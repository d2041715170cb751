//! Single statements that read, each on a connection of its own and repeated if that is lost.

mod stream;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use uuid::Uuid;

use crate::{
    Engine, Priority, Reads,
    database::{Backend, Inner},
    error::{Transient, transient},
    maker::FOREVER,
    observe::is_reading,
    pool::{Lease, NotLent, Pool},
    postgres::{Cluster, Member},
    refusal::{Refusal, query_error},
    server::Link,
    session::Session,
};

/// Reads of one caller. It takes no statement that writes.
#[derive(Clone)]
pub struct Reader {
    pub(crate) inner: Arc<Inner>,
    pub(crate) priority: Priority,
    pub(crate) session: Arc<Session>,
    /// Whose rows PostgreSQL shows.
    pub(crate) tenant: Option<Uuid>,
}

/// What a connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
}

/// Between two looks at a server that cannot be used.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// A read is tried so often in all.
const READ_ATTEMPTS: u32 = 4;

impl Reader {
    pub fn engine(&self) -> Engine {
        match self.inner.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    pub(crate) fn backend(&self) -> DbBackend {
        match self.engine() {
            Engine::Sqlite => DbBackend::Sqlite,
            Engine::Postgres => DbBackend::Postgres,
        }
    }

    /// How long this caller waits for a connection.
    pub(crate) fn patience(&self) -> Duration {
        match self.priority {
            Priority::Background => self.inner.settings.background_acquire_timeout,
            Priority::Schema | Priority::Application => self.inner.settings.acquire_timeout,
        }
    }

    /// A connection for the `attempt`-th try; the first may be one to a replica.
    pub(crate) async fn lend(&self, intent: Intent, attempt: u32) -> Result<Lease, Refusal> {
        match &self.inner.backend {
            Backend::Sqlite(file) => {
                let pool = match (intent, self.priority) {
                    (Intent::Write, _) => &file.writer,
                    (Intent::Read, Priority::Background) => &file.background_reader,
                    (Intent::Read, _) => &file.reader,
                };
                let mut lease = pool.lend(self.patience()).await?;
                let limit = self.inner.settings.statement_limit(self.priority);
                lease.limit_statements(limit.unwrap_or(FOREVER));
                Ok(lease)
            }
            Backend::Postgres(cluster) => {
                if intent == Intent::Read
                    && attempt == 0
                    && self.session.reads == Reads::Replica
                    && let Some(replica) = cluster.choose_replica(self.session.seen())
                    && let Some(pool) = replica.pool(self.priority)
                    && let Ok(lease) = pool.lend(self.patience() / 4).await
                {
                    return Ok(lease);
                }
                self.lend_of(cluster, intent).await
            }
        }
    }

    async fn lend_of(&self, cluster: &Cluster, intent: Intent) -> Result<Lease, Refusal> {
        let primary = &cluster.primary;
        let Some(pool) = primary.pool(self.priority) else {
            return Err(Refusal::Closed);
        };
        let asked = Instant::now();
        let deadline = asked + self.patience();
        let mut changes = None;
        loop {
            if intent == Intent::Read
                && !primary.is_answering()
                && let Some(lease) = self.lend_of_any_replica(cluster).await
            {
                return Ok(lease);
            }
            let (refusal, until) = match self.try_primary(primary, pool, intent, deadline).await {
                Ok(lease) => return Ok(lease),
                Err(refused) => refused,
            };
            if Instant::now() >= until {
                return Err(match refusal {
                    Refusal::Away(_) | Refusal::NotThereYet
                        if intent == Intent::Write && cluster.has_replica_up() =>
                    {
                        Refusal::ReadOnly
                    }
                    refusal => refusal,
                });
            }
            // Pools refuse for reasons that the watcher does not see, too: hence the pause.
            let changes = changes.get_or_insert_with(|| primary.server.changes());
            let pause = until.min(Instant::now() + jitter(LONGEST_PAUSE));
            let _ = tokio::time::timeout_at(pause.into(), changes.changed()).await;
        }
    }

    async fn lend_of_any_replica(&self, cluster: &Cluster) -> Option<Lease> {
        let replica = cluster.choose_any_replica(self.session.seen())?;
        let pool = replica.pool(self.priority)?;
        pool.lend(self.patience() / 4).await.ok()
    }

    /// A connection, or why there is none and until when it is worth waiting: an outage that has
    /// lasted longer than anyone's patience is answered at once.
    async fn try_primary(
        &self,
        primary: &Member,
        pool: &Pool,
        intent: Intent,
        deadline: Instant,
    ) -> Result<Lease, (Refusal, Instant)> {
        let now = Instant::now();
        match primary.server.link() {
            Link::Up(generation) if intent == Intent::Write && generation.is_read_only() => {
                let has_others = primary.server.address().hosts().len() > 1;
                let until = if has_others {
                    deadline.min(generation.since() + self.patience())
                } else {
                    now
                };
                Err((Refusal::ReadOnly, until))
            }
            Link::Up(_) => match pool.lend(deadline.saturating_duration_since(now)).await {
                Ok(lease) => Ok(lease),
                Err(NotLent::NotOpened(error)) => {
                    primary.server.suspect();
                    Err((Refusal::Away(Arc::new(error)), deadline))
                }
                Err(refused) => Err((refused.into(), now)),
            },
            Link::Down { since, why } => {
                let refusal = why.map_or(Refusal::NotThereYet, Refusal::Away);
                Err((refusal, deadline.min(since + self.patience())))
            }
        }
    }

    /// Whether a read that failed is worth another try, and a word to the watcher about it.
    pub(crate) fn may_read_again(&self, lease: &Lease, error: &sqlx::Error, attempt: u32) -> bool {
        let Some(reason) = transient(error) else {
            return false;
        };
        if reason == Transient::Lost {
            lease.suspect_server();
        }
        let again = attempt + 1 < READ_ATTEMPTS;
        if again {
            self.inner.observer.note_retry(reason);
        }
        again
    }

    async fn rows(&self, statement: Statement, first: bool) -> Result<Vec<QueryResult>, DbErr> {
        if !is_reading(&statement.sql) {
            return Err(Refusal::Reader.into());
        }
        let mut attempt = 0;
        loop {
            let mut lease = self.lend(Intent::Read, attempt).await?;
            let outcome = self.rows_on(&mut lease, statement.clone(), first).await;
            match outcome {
                Ok(rows) => return Ok(rows),
                Err(error) if self.may_read_again(&lease, &error, attempt) => attempt += 1,
                Err(error) => return Err(query_error(error)),
            }
        }
    }

    async fn rows_on(
        &self,
        lease: &mut Lease,
        statement: Statement,
        first: bool,
    ) -> Result<Vec<QueryResult>, sqlx::Error> {
        self.begin_single(lease, Intent::Read).await?;
        let outcome = if first {
            let row = lease.fetch_first(statement).await;
            row.map(|row| row.into_iter().collect())
        } else {
            lease.fetch_all(statement).await
        };
        lease.end_single(outcome).await
    }
}

impl From<NotLent> for Refusal {
    fn from(reason: NotLent) -> Self {
        match reason {
            NotLent::Shed => Self::Shed,
            NotLent::TimedOut(waited) => Self::TimedOut(waited),
            NotLent::NotOpened(error) => Self::Away(Arc::new(error)),
            NotLent::Closed => Self::Closed,
        }
    }
}

pub(crate) fn jitter(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.backend()
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(Refusal::Reader.into())
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(Refusal::Reader.into())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.rows(statement, true).await?.pop())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.rows(statement, false).await
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}
