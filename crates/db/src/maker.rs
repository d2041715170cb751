//! How the pools come by connections, and which ones they may lend again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use crate::{
    Priority, Settings, address::PostgresAddress, alarm::Alarm, connection::Connection,
    observe::Observer, pool_metrics::PoolMetrics, server::Server,
};

/// A server that is there answers a ping well within this.
const PING_PATIENCE: Duration = Duration::from_millis(500);
/// The server ends a statement at its limit; past this it is taken for dead.
const GRACE: Duration = Duration::from_secs(1);
/// Longer than any statement takes, and short enough to be added to a time.
pub(crate) const FOREVER: Duration = Duration::from_hours(24 * 365);
/// Statements that each connection keeps prepared.
const PREPARED_STATEMENTS: usize = 256;

/// Opens the connections of one pool.
pub(crate) struct Maker {
    pub source: Source,
    pub rules: Rules,
    pub observer: Arc<Observer>,
    pub metrics: Arc<PoolMetrics>,
}

pub(crate) enum Source {
    Postgres {
        server: Arc<Server>,
        priority: Priority,
        behind_pgbouncer: bool,
        /// Instead of the server's own address.
        direct: Option<Box<PostgresAddress>>,
    },
    Sqlite(Box<SqliteConnectOptions>),
}

#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// `None` for as long as a statement needs.
    pub statement_limit: Option<Duration>,
    pub oldest: Duration,
    pub ping_after_idle: Duration,
}

impl Rules {
    pub fn new(settings: &Settings, priority: Priority) -> Self {
        Self {
            statement_limit: settings.statement_limit(priority),
            oldest: settings.pool_recycle,
            ping_after_idle: settings.ping_after_idle,
        }
    }
}

impl Manager for Maker {
    type Type = Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Connection, sqlx::Error> {
        let connection = match &self.source {
            Source::Postgres { server, .. } => self.connect_to(server).await?,
            Source::Sqlite(options) => self.open(options).await?,
        };
        self.metrics.note_opened();
        Ok(connection)
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        let reason = if connection.is_revoked() {
            "server_lost"
        } else if connection.age() > self.rules.oldest {
            "recycled"
        } else if self.needs_ping(connection.last_used())
            && connection.ping(PING_PATIENCE).await.is_err()
        {
            self.suspect();
            "ping_failed"
        } else {
            return Ok(());
        };
        self.metrics.note_closed(reason);
        Err(RecycleError::message(reason))
    }
}

impl Maker {
    /// Someone met a dead connection of this pool.
    pub fn suspect(&self) {
        if let Source::Postgres { server, .. } = &self.source {
            server.suspect();
        }
    }

    fn needs_ping(&self, last_used: Instant) -> bool {
        match &self.source {
            Source::Postgres { server, .. } => {
                last_used.elapsed() > self.rules.ping_after_idle
                    || server.is_suspect_since(last_used)
            }
            Source::Sqlite(_) => false,
        }
    }

    async fn connect_to(&self, server: &Arc<Server>) -> Result<Connection, sqlx::Error> {
        let Source::Postgres {
            priority,
            behind_pgbouncer,
            direct,
            ..
        } = &self.source
        else {
            return Err(sqlx::Error::PoolClosed);
        };
        let generation = server.generation().map_err(|_| sqlx::Error::PoolClosed)?;
        let direct = direct.as_ref().and_then(|direct| {
            let host = direct.hosts().first()?;
            Some(direct.options(host))
        });
        let mut options = direct
            .unwrap_or_else(|| server.options(&generation))
            .disable_statement_logging();
        options = named(options, *priority);
        options = if *behind_pgbouncer {
            options.statement_cache_capacity(0)
        } else {
            let name = options.get_application_name().unwrap_or_default();
            let name = format!("{name} {}", generation.name());
            options
                .application_name(&name)
                .statement_cache_capacity(PREPARED_STATEMENTS)
                .options(session_settings(self.rules.statement_limit))
        };
        let connection = tokio::select! {
            connection = connect_within(&options, server.address().connect_timeout()) => connection?,
            () = generation.revoked.cancelled() => return Err(sqlx::Error::PoolClosed),
        };
        let patience = self
            .rules
            .statement_limit
            .map_or(FOREVER, |limit| limit + GRACE);
        let observer = Arc::clone(&self.observer);
        let named_statements = !behind_pgbouncer;
        Ok(Connection::postgres(
            connection,
            generation,
            patience,
            named_statements,
            observer,
        ))
    }

    async fn open(&self, options: &SqliteConnectOptions) -> Result<Connection, sqlx::Error> {
        let mut connection = options.connect().await?;
        let alarm = Alarm::install(&mut connection).await?;
        let patience = self.rules.statement_limit.unwrap_or(FOREVER);
        let observer = Arc::clone(&self.observer);
        Ok(Connection::sqlite(connection, alarm, patience, observer))
    }
}

/// Connections tell the server for whom they work: `tallystick application`.
pub(crate) fn named(options: PgConnectOptions, priority: Priority) -> PgConnectOptions {
    let program = options.get_application_name().unwrap_or("tallystick");
    let name = format!("{program} {}", priority.as_str());
    options.application_name(&name)
}

async fn connect_within(
    options: &PgConnectOptions,
    patience: Option<Duration>,
) -> Result<PgConnection, sqlx::Error> {
    let connecting = PgConnection::connect_with(options);
    match patience {
        None => connecting.await,
        Some(patience) => tokio::time::timeout(patience, connecting)
            .await
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())),
    }
}

/// Set when a connection is made, since each costs a round trip afterwards.
///
/// `client_connection_check_interval` lets the server end a query whose caller has gone.
fn session_settings(statement_limit: Option<Duration>) -> [(&'static str, String); 4] {
    let limit = statement_limit.unwrap_or_default().as_millis();
    [
        ("statement_timeout", format!("{limit}ms")),
        ("idle_in_transaction_session_timeout", "60s".to_owned()),
        ("client_connection_check_interval", "1s".to_owned()),
        ("TimeZone", "UTC".to_owned()),
    ]
}
