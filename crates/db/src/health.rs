//! Whether the database answers, and how busy its pools are.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Statement};

use crate::{Database, database::Backend, pool::PoolStatus, postgres::Cluster, server::Link};

/// What the database can do for us now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    Connected,
    ReadOnly,
    Disconnected,
}

impl Connectivity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::ReadOnly => "read_only",
            Self::Disconnected => "disconnected",
        }
    }
}

/// A replica as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Its hosts and ports.
    pub host: String,
    pub state: ReplicaState,
    /// How long the primary has been further; `None` while that is unknown.
    pub lag: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaState {
    Connected,
    /// Further behind than is allowed, so that it is left out.
    Lagging,
    Disconnected,
}

impl ReplicaState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Lagging => "lagging",
            Self::Disconnected => "disconnected",
        }
    }
}

/// SQLite's file is asked; PostgreSQL's watcher knows.
const PROBE_TIMEOUT: Duration = Duration::from_millis(700);

impl Database {
    /// What the database can do now; on PostgreSQL as its watcher last saw it, which is a quarter
    /// of a second ago at most, or less than a second where it does not answer.
    pub async fn connectivity(&self) -> Connectivity {
        match &self.reader.inner.backend {
            Backend::Postgres(cluster) if cluster.is_closed() => Connectivity::Disconnected,
            Backend::Postgres(cluster) => cluster.connectivity(),
            Backend::Sqlite(_) => {
                let question = "SELECT 0 AS answer FROM sqlite_schema LIMIT 1";
                let statement = Statement::from_string(self.reader.backend(), question);
                let asked = self.reader.query_one_raw(statement);
                match tokio::time::timeout(PROBE_TIMEOUT, asked).await {
                    Ok(Ok(_)) => Connectivity::Connected,
                    Ok(Err(_)) | Err(_) => Connectivity::Disconnected,
                }
            }
        }
    }

    /// Connections now, over all pools.
    pub fn pool_status(&self) -> PoolStatus {
        let pools = self.pool_statuses().into_iter();
        pools.fold(PoolStatus::default(), |sum, (_, status)| sum.plus(status))
    }

    /// Connections now, pool by pool.
    pub fn pool_statuses(&self) -> Vec<(String, PoolStatus)> {
        let pools = self.reader.inner.backend.pools().into_iter();
        pools
            .map(|pool| (pool.name().to_owned(), pool.status()))
            .collect()
    }

    pub fn replicas(&self) -> Vec<ReplicaStatus> {
        match &self.reader.inner.backend {
            Backend::Sqlite(_) => Vec::new(),
            Backend::Postgres(cluster) => cluster.replica_statuses(),
        }
    }
}

impl Cluster {
    pub fn connectivity(&self) -> Connectivity {
        match self.primary.server.link() {
            Link::Up(generation) if !generation.is_silent() => {
                if generation.is_read_only() {
                    Connectivity::ReadOnly
                } else {
                    Connectivity::Connected
                }
            }
            _ if self.has_replica_up() => Connectivity::ReadOnly,
            _ => Connectivity::Disconnected,
        }
    }

    fn replica_statuses(&self) -> Vec<ReplicaStatus> {
        let replicas = self.replicas.iter();
        let status = replicas.map(|replica| {
            let lag = replica.server.lag();
            let state = if !replica.is_answering() {
                ReplicaState::Disconnected
            } else if lag.is_some_and(|lag| lag > self.most_lag()) {
                ReplicaState::Lagging
            } else {
                ReplicaState::Connected
            };
            let hosts = replica.server.address().hosts().iter();
            let hosts: Vec<_> = hosts.map(ToString::to_string).collect();
            ReplicaStatus {
                host: hosts.join(", "),
                state,
                lag: lag.filter(|_| state != ReplicaState::Disconnected),
            }
        });
        status.collect()
    }
}
