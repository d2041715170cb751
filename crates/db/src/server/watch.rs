//! The task that keeps an eye on one server, over a connection of its own.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, Row};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Generation, Link, Server};
use crate::{address::Host, position::Position};

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Without an answer for this long, health says so.
const SILENT_AFTER: Duration = Duration::from_millis(700);
/// Without an answer for this long, what waits for the server is told that it is gone.
const LOST_AFTER: Duration = Duration::from_millis(2900);
/// The longest that anything waits for a server that has gone silent.
pub(crate) const SILENCE: Duration = LOOK_EVERY.saturating_add(LOST_AFTER);
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);
const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_millis(500);

/// Positions are counted in bytes of the write-ahead log. A primary's is how far its replicas can
/// follow: an idle one may insert next after a page's header, which they never replay by itself.
const QUESTION: &str =
    "SELECT (pg_is_in_recovery() OR current_setting('transaction_read_only')::bool)::int::text,
    coalesce((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                   ELSE pg_current_wal_flush_lsn() END - '0/0')::int8, 0)::text";

struct Answer {
    read_only: bool,
    position: Position,
}

impl Server {
    /// Watches until told to stop. `leader` is the primary, where this is its replica.
    pub async fn keep_watch(self: Arc<Self>, leader: Option<Arc<Self>>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.watch_forever(leader.as_deref()) => {}
        }
    }

    async fn watch_forever(&self, leader: Option<&Self>) {
        let mut attempt = 0;
        let mut lost: Option<Arc<Generation>> = None;
        loop {
            match self.find_host().await {
                Ok((host, mut connection, answer)) => {
                    attempt = 0;
                    if let Some(lost) = lost.take() {
                        end_ghosts(&mut connection, &lost).await;
                    }
                    let generation = Arc::new(Generation::new(host, answer.read_only));
                    self.note_position(answer.position, leader);
                    self.announce(&generation);
                    let why = self.watch_over(&generation, connection, leader).await;
                    self.withdraw(&generation, why);
                    lost = Some(generation);
                }
                Err(why) => {
                    self.note_absence(why);
                    tokio::time::sleep(delay(attempt)).await;
                    attempt += 1;
                }
            }
        }
    }

    /// A host that takes writes, or else the first that answers.
    async fn find_host(&self) -> Result<(Host, PgConnection, Answer), sqlx::Error> {
        let mut standby = None;
        let mut failure = None;
        for host in self.address.hosts() {
            match self.meet(host).await {
                Ok((connection, answer)) if !answer.read_only => {
                    return Ok((host.clone(), connection, answer));
                }
                Ok((connection, answer)) if !self.address.requires_primary() => {
                    standby.get_or_insert((host.clone(), connection, answer));
                }
                Ok(_) => {
                    failure.get_or_insert(changed(
                        "it takes no writes, and the address asks for a primary",
                    ));
                }
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        match (standby, failure) {
            (Some(found), _) => Ok(found),
            (None, failure) => Err(failure.unwrap_or(sqlx::Error::PoolClosed)),
        }
    }

    async fn meet(&self, host: &Host) -> Result<(PgConnection, Answer), sqlx::Error> {
        let options = self.address.options(host);
        let program = options.get_application_name().unwrap_or("tallystick");
        let name = format!("{program} watcher");
        let options = options
            .application_name(&name)
            .statement_cache_capacity(0)
            .disable_statement_logging();
        let patience = self.address.connect_timeout().unwrap_or(CONNECT_PATIENCE);
        let meeting = async {
            let mut connection = options.connect().await?;
            let answer = ask(&mut connection).await?;
            Ok((connection, answer))
        };
        timeout(patience, meeting).await.map_err(|_| silence())?
    }

    /// Returns once the host is lost, or is no longer the one to talk to.
    async fn watch_over(
        &self,
        generation: &Generation,
        mut connection: PgConnection,
        leader: Option<&Self>,
    ) -> sqlx::Error {
        loop {
            let _ = timeout(LOOK_EVERY, self.look.notified()).await;
            let answer = match self.ask_patiently(&mut connection, generation).await {
                Ok(answer) => answer,
                // What else waits for this host hangs just so, even if it answers a new caller.
                Err(error) if is_silence(&error) => return error,
                // This connection alone may have been lost.
                Err(_) => match self.meet(&generation.host).await {
                    Ok((fresh, answer)) => {
                        connection = fresh;
                        answer
                    }
                    Err(lost) => return lost,
                },
            };
            generation.silent.store(false, Ordering::Relaxed);
            self.note_position(answer.position, leader);
            let was_read_only = generation
                .read_only
                .swap(answer.read_only, Ordering::Relaxed);
            if answer.read_only && !was_read_only {
                return changed("the server has become read-only");
            }
            if was_read_only && self.has_writable_elsewhere(generation).await {
                return changed("another host has become the primary");
            }
            if was_read_only != answer.read_only {
                self.link.send_modify(|_| ());
            }
        }
    }

    async fn ask_patiently(
        &self,
        connection: &mut PgConnection,
        generation: &Generation,
    ) -> Result<Answer, sqlx::Error> {
        let mut answer = std::pin::pin!(ask(connection));
        if let Ok(answer) = timeout(SILENT_AFTER, &mut answer).await {
            return answer;
        }
        generation.silent.store(true, Ordering::Relaxed);
        let rest = LOST_AFTER.max(self.line).saturating_sub(SILENT_AFTER);
        timeout(rest, answer).await.map_err(|_| silence())?
    }

    async fn has_writable_elsewhere(&self, generation: &Generation) -> bool {
        if !generation.is_read_only() {
            return false;
        }
        for host in self.address.hosts() {
            if *host != generation.host
                && let Ok((_, answer)) = self.meet(host).await
                && !answer.read_only
            {
                return true;
            }
        }
        false
    }

    fn announce(&self, generation: &Arc<Generation>) {
        let was = self.link.send_replace(Link::Up(Arc::clone(generation)));
        // That it is there is news only where it was not.
        if let Link::Down { why: Some(_), .. } = was {
            let takes_writes = !generation.is_read_only();
            tracing::info!(host = %generation.host, takes_writes, "PostgreSQL is there again");
        }
    }

    fn withdraw(&self, generation: &Generation, why: sqlx::Error) {
        tracing::warn!(host = %generation.host, error = %why, "PostgreSQL was lost");
        self.link.send_replace(Link::Down {
            since: Instant::now(),
            why: Some(Arc::new(why)),
        });
        generation.revoked.cancel();
    }

    fn note_absence(&self, error: sqlx::Error) {
        self.link.send_if_modified(|link| {
            let Link::Down { why, .. } = link else {
                return false;
            };
            let is_news = why.as_ref().map(ToString::to_string) != Some(error.to_string());
            if is_news {
                tracing::warn!(%error, "PostgreSQL cannot be reached; trying again");
            }
            *why = Some(Arc::new(error));
            is_news
        });
    }
}

/// A server that was cut off knows nothing of it: what our lost connections had locked stays locked
/// until it looks, a minute later.
async fn end_ghosts(connection: &mut PgConnection, lost: &Generation) {
    let name = lost.name();
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE usename = current_user AND application_name LIKE '% {name}'"
    );
    let ended = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection);
    match timeout(CONNECT_PATIENCE, ended).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "lost connections were not ended"),
        Err(_) => tracing::debug!("lost connections were not ended in time"),
    }
}

/// Full jitter over an exponentially growing delay.
fn delay(attempt: u32) -> Duration {
    let most = FIRST_DELAY
        .saturating_mul(1 << attempt.min(8))
        .min(LONGEST_DELAY);
    most.mul_f64(fastrand::f64())
}

async fn ask(connection: &mut PgConnection) -> Result<Answer, sqlx::Error> {
    let row = sqlx::raw_sql(QUESTION).fetch_one(connection).await?;
    let read_only: String = row.try_get(0)?;
    let position: String = row.try_get(1)?;
    let position: u64 = position.parse().unwrap_or_default();
    Ok(Answer {
        read_only: read_only != "0",
        position: Position::from(position),
    })
}

fn silence() -> sqlx::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer in time").into()
}

fn is_silence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

fn changed(reason: &'static str) -> sqlx::Error {
    io::Error::other(reason).into()
}
