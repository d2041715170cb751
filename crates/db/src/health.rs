//! Whether the database answers, and how busy its pools are.

use std::{sync::atomic::Ordering, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::{Database, Engine};

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

/// Connections now, over all pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    pub size: u32,
    pub free: u32,
    pub in_use: u32,
    pub waiting: usize,
    pub min_size: u32,
    pub max_size: u32,
}

const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

impl Database {
    /// Asks the writing side one cheap question, within two seconds.
    pub async fn connectivity(&self) -> Connectivity {
        match tokio::time::timeout(PROBE_TIMEOUT, self.ask_whether_read_only()).await {
            Ok(Ok(false)) => Connectivity::Connected,
            Ok(Ok(true)) => Connectivity::ReadOnly,
            Ok(Err(_)) | Err(_) => Connectivity::Disconnected,
        }
    }

    /// A reader answers for SQLite: its writer may rightly be busy for long.
    async fn ask_whether_read_only(&self) -> Result<bool, sea_orm::DbErr> {
        let question = match self.engine {
            Engine::Sqlite => "SELECT 0 AS read_only FROM sqlite_schema LIMIT 1",
            Engine::Postgres => {
                "SELECT (pg_is_in_recovery() OR current_setting('transaction_read_only')::bool)::int \
                 AS read_only"
            }
        };
        let statement = Statement::from_string(self.reader.get_database_backend(), question);
        let row = self.reader.query_one_raw(statement).await?;
        let read_only: i32 = row.map_or(Ok(0), |row| row.try_get("", "read_only"))?;
        Ok(read_only != 0)
    }

    pub fn pool_status(&self) -> PoolStatus {
        let pools: &[&DatabaseConnection] = match self.engine {
            Engine::Sqlite => &[&self.writer, &self.reader],
            Engine::Postgres => &[&self.writer],
        };
        let (mut size, mut free) = (0, 0);
        for pool in pools {
            let (pool_size, pool_free) = pool_counts(pool);
            size += pool_size;
            free += pool_free;
        }
        PoolStatus {
            size,
            free,
            in_use: size.saturating_sub(free),
            waiting: self.waiting.load(Ordering::Relaxed),
            min_size: self.limits.min,
            max_size: self.limits.max,
        }
    }
}

fn pool_counts(connection: &DatabaseConnection) -> (u32, u32) {
    let (size, idle) = if connection.get_database_backend() == sea_orm::DbBackend::Sqlite {
        let pool = connection.get_sqlite_connection_pool();
        (pool.size(), pool.num_idle())
    } else {
        let pool = connection.get_postgres_connection_pool();
        (pool.size(), pool.num_idle())
    };
    (size, u32::try_from(idle).unwrap_or(u32::MAX).min(size))
}
