//! Hints within the process, and between the processes on one PostgreSQL server (`NOTIFY`, `LISTEN`).
//!
//! A hint says that it is worth looking; that nothing was hinted says nothing. Whoever acts on hints must
//! look without them as well, now and then.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
    time::Duration,
};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::{
    Database, Error, Tx,
    address::PostgresAddress,
    board::{Board, MANY},
    database::{Backend, Inner},
    server::Server,
};

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
pub struct Hints(broadcast::Receiver<Hint>);

impl Hints {
    /// The next one; `None` at the end. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Hint> {
        match self.0.recv().await {
            Ok(hint) => Some(hint),
            Err(RecvError::Lagged(_)) => Some(Hint::MayHaveMissed),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells other processes that listen on `channel` once the transaction commits, and so surely as it commits.
/// On SQLite, which one process has for itself, it does nothing.
///
/// The server sends equal hints of one transaction once. A commit that tells something waits for every other
/// such commit: this is for what happens now and then, and [`tell_soon`] for what happens all the time.
/// `text` may have up to 7,999 bytes.
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

/// Tells all who listen on `channel` once the transaction has committed: in this process at once, in others
/// some milliseconds later, and not at all if this process ends in between. It costs the transaction nothing.
///
/// `text` may have up to 7,900 bytes; that it begins with `@` is kept for hints themselves.
pub fn tell_soon(tx: &Tx, channel: &'static str, text: String) {
    tx.unit.tell((channel, text));
}

impl Database {
    /// Listens on `channel`: to this process and, by one connection of this process to the primary, to others.
    /// Others are not heard behind a transaction pooler without an address that leads past it.
    pub fn listen(&self, channel: &'static str) -> Hints {
        let inner = &self.reader.inner;
        let (hints, is_first) = inner.board.hear(channel);
        if is_first {
            listen_elsewhere(inner, channel);
        }
        Hints(hints)
    }
}

fn listen_elsewhere(inner: &Inner, channel: &'static str) {
    let Backend::Postgres(cluster) = &inner.backend else {
        return;
    };
    let direct = cluster.direct().cloned();
    if direct.is_none() && inner.settings.behind_pgbouncer {
        return;
    }
    let listener = Listener {
        channel,
        mark: inner.board.mark(),
        board: Arc::downgrade(&inner.board),
        server: Arc::clone(&cluster.primary.server),
        direct,
    };
    tokio::spawn(listener.keep_listening(inner.stop.clone()));
}

struct Listener {
    channel: &'static str,
    /// Begins what this process itself has told.
    mark: String,
    board: Weak<Board>,
    server: Arc<Server>,
    direct: Option<PostgresAddress>,
}

impl Listener {
    async fn keep_listening(self, stop: CancellationToken) {
        let listening = async {
            loop {
                self.pass_on().await;
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listening => {}
        }
    }

    /// Until the connection is lost.
    async fn pass_on(&self) {
        let Some(options) = self.options() else {
            return;
        };
        // The driver takes a pool to reconnect from; this one never has a second connection.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        let Err(error) = self.hear(&pool).await;
        pool.close().await;
        tracing::debug!(channel = self.channel, %error, "the connection for hints was lost");
    }

    async fn hear(&self, pool: &sqlx::PgPool) -> Result<Infallible, sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(self.channel).await?;
        self.tell(Hint::MayHaveMissed);
        loop {
            match listener.try_recv().await? {
                Some(told) => self.read(told.payload()),
                // It has connected anew.
                None => self.tell(Hint::MayHaveMissed),
            }
        }
    }

    /// What this process has told itself, it has heard.
    fn read(&self, payload: &str) {
        if payload.starts_with(&self.mark) {
            return;
        }
        let marked = payload
            .strip_prefix('@')
            .and_then(|rest| rest.split_once(' '));
        self.tell(match marked {
            Some((_, MANY)) => Hint::MayHaveMissed,
            Some((_, text)) => Hint::Told(text.to_owned()),
            None => Hint::Told(payload.to_owned()),
        });
    }

    fn tell(&self, hint: Hint) {
        if let Some(board) = self.board.upgrade() {
            board.pass_on(self.channel, hint);
        }
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
