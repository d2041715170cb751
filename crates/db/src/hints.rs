//! Hints between the processes on one PostgreSQL server: `NOTIFY` and `LISTEN`.
//!
//! A hint says that it is worth looking; that nothing was hinted says nothing. Whoever acts on hints must
//! look without them as well, now and then.

use std::{sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{Database, Error, address::PostgresAddress, database::Backend, server::Server};

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Somebody's transaction that said so has committed; with the text that it gave along.
    Told(String),
    /// The connection is new: what was told before it was not heard.
    MayHaveMissed,
}

/// Hints as they come; they end with the database's last handle.
#[derive(Debug)]
pub struct Hints(mpsc::Receiver<Hint>);

impl Hints {
    /// The next one; `None` at the end.
    pub async fn next(&mut self) -> Option<Hint> {
        self.0.recv().await
    }
}

/// Hints that wait for a slow listener.
const WAITING: usize = 256;

/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells all who listen on `channel`, in any process, once the transaction commits. On SQLite, which one
/// process has for itself, it does nothing.
///
/// The server sends equal hints of one transaction once. A commit that tells something waits for every other
/// such commit: this is for what happens now and then. `text` may have up to 7,999 bytes.
pub async fn tell(
    db: &impl ConnectionTrait,
    channel: &'static str,
    text: &str,
) -> Result<(), Error> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT pg_notify($1, $2)";
    let values = [channel.into(), text.into()];
    let notify = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    db.query_one_raw(notify).await?;
    Ok(())
}

impl Database {
    /// Listens on `channel` by a connection of its own to the primary. `None` where there is nothing to hear:
    /// on SQLite, and behind a transaction pooler without an address that leads past it.
    pub fn listen(&self, channel: &'static str) -> Option<Hints> {
        let inner = &self.reader.inner;
        let Backend::Postgres(cluster) = &inner.backend else {
            return None;
        };
        let direct = cluster.direct().cloned();
        if direct.is_none() && inner.settings.behind_pgbouncer {
            return None;
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let listener = Listener {
            channel,
            server: Arc::clone(&cluster.primary.server),
            direct,
            sender,
        };
        tokio::spawn(listener.keep_listening(inner.stop.clone()));
        Some(Hints(receiver))
    }
}

struct Listener {
    channel: &'static str,
    server: Arc<Server>,
    direct: Option<PostgresAddress>,
    sender: mpsc::Sender<Hint>,
}

/// Nobody listens any more.
struct Unheard;

impl Listener {
    async fn keep_listening(self, stop: CancellationToken) {
        let listening = async {
            while self.pass_on().await.is_ok() {
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.sender.closed() => {}
            () = listening => {}
        }
    }

    /// Until the connection is lost.
    async fn pass_on(&self) -> Result<(), Unheard> {
        let Some(options) = self.options() else {
            return Ok(());
        };
        // The driver takes a pool to reconnect from; this one never has a second connection.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        let outcome = self.hear(&pool).await;
        pool.close().await;
        match outcome {
            Ok(unheard) => Err(unheard),
            Err(error) => {
                tracing::debug!(channel = self.channel, %error, "the connection for hints was lost");
                Ok(())
            }
        }
    }

    async fn hear(&self, pool: &sqlx::PgPool) -> Result<Unheard, sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(self.channel).await?;
        let mut hint = Hint::MayHaveMissed;
        while self.sender.send(hint).await.is_ok() {
            hint = match listener.try_recv().await? {
                Some(told) => Hint::Told(told.payload().to_owned()),
                // It has connected anew.
                None => Hint::MayHaveMissed,
            };
        }
        Ok(Unheard)
    }

    /// The way to the host that serves now.
    fn options(&self) -> Option<PgConnectOptions> {
        let generation = self.server.generation().ok()?;
        let direct = self.direct.as_ref().and_then(|direct| {
            let host = direct.hosts().first()?;
            Some(direct.options(host))
        });
        let options = direct.unwrap_or_else(|| self.server.options(&generation));
        let program = options.get_application_name().unwrap_or("tallystick");
        let name = format!("{program} hints");
        Some(options.application_name(&name))
    }
}
