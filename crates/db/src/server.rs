//! A PostgreSQL server as seen from here: where it is, whether it answers, how far its log is.

mod watch;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Notify, watch as channel};
use tokio_util::sync::CancellationToken;

pub(crate) use watch::SILENCE;

use crate::{address::Host, address::PostgresAddress, position::Position};

/// The primary, with the hosts that may take its place, or one replica.
pub(crate) struct Server {
    address: PostgresAddress,
    /// How long the watcher's question may wait in a pooler's line.
    line: Duration,
    link: channel::Sender<Link>,
    epoch: Instant,
    /// Microseconds after the epoch: what idled since before then is asked whether it still lives.
    suspected: AtomicU64,
    look: Notify,
    /// Of the write-ahead log: written by a primary, replayed by a replica.
    position: AtomicU64,
    /// When the primary was seen to be how far, oldest first.
    progress: Mutex<VecDeque<(Instant, Position)>>,
    /// Clients' clocks differ: a replica's lag in microseconds, or less than 0 while unknown.
    lag: AtomicI64,
}

/// Whether there is a server to talk to.
#[derive(Clone)]
pub(crate) enum Link {
    Up(Arc<Generation>),
    Down {
        since: Instant,
        /// `None` until the first attempt has failed.
        why: Option<Arc<sqlx::Error>>,
    },
}

/// A period in which one host served without interruption. When it ends, the connections that were
/// made in it are worthless.
pub(crate) struct Generation {
    host: Host,
    /// By which the server knows its connections from all others.
    name: String,
    since: Instant,
    pub revoked: CancellationToken,
    read_only: AtomicBool,
    silent: AtomicBool,
}

impl Generation {
    fn new(host: Host, read_only: bool) -> Self {
        Self {
            host,
            name: format!("{:08x}", fastrand::u32(..)),
            since: Instant::now(),
            revoked: CancellationToken::new(),
            read_only: AtomicBool::new(read_only),
            silent: AtomicBool::new(false),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    pub fn since(&self) -> Instant {
        self.since
    }

    /// Whether the last question has been waiting for its answer for long.
    pub fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }
}

/// How much of the primary's past is kept to tell a replica's lag from.
const KEPT_PROGRESS: usize = 1024;

impl Server {
    pub fn new(address: PostgresAddress, line: Duration) -> Self {
        let now = Instant::now();
        let down = Link::Down {
            since: now,
            why: None,
        };
        Self {
            address,
            line,
            link: channel::Sender::new(down),
            epoch: now,
            suspected: AtomicU64::new(0),
            look: Notify::new(),
            position: AtomicU64::new(0),
            progress: Mutex::default(),
            lag: AtomicI64::new(-1),
        }
    }

    pub fn address(&self) -> &PostgresAddress {
        &self.address
    }

    pub fn link(&self) -> Link {
        self.link.borrow().clone()
    }

    pub fn changes(&self) -> channel::Receiver<Link> {
        self.link.subscribe()
    }

    /// The current period of service, or why there is none.
    pub fn generation(&self) -> Result<Arc<Generation>, Option<Arc<sqlx::Error>>> {
        match &*self.link.borrow() {
            Link::Up(generation) => Ok(Arc::clone(generation)),
            Link::Down { why, .. } => Err(why.clone()),
        }
    }

    pub fn options(&self, generation: &Generation) -> PgConnectOptions {
        self.address.options(&generation.host)
    }

    /// Someone met a dead connection: the watcher looks at once, and idle ones are asked before
    /// they are used.
    pub fn suspect(&self) {
        let now = u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.suspected.fetch_max(now, Ordering::Relaxed);
        self.look.notify_one();
    }

    pub fn is_suspect_since(&self, last_used: Instant) -> bool {
        let suspected = Duration::from_micros(self.suspected.load(Ordering::Relaxed));
        !suspected.is_zero() && last_used <= self.epoch + suspected
    }

    pub fn position(&self) -> Position {
        Position::from(self.position.load(Ordering::Relaxed))
    }

    /// How long the primary has been further than `replayed`.
    pub fn ahead_of(&self, replayed: Position) -> Duration {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let first_missing = progress.iter().find(|(_, position)| *position > replayed);
        first_missing.map_or(Duration::ZERO, |(seen, _)| seen.elapsed())
    }

    /// A replica's lag behind its primary, as last measured.
    pub fn lag(&self) -> Option<Duration> {
        let micros = self.lag.load(Ordering::Relaxed);
        u64::try_from(micros).ok().map(Duration::from_micros)
    }

    fn note_position(&self, position: Position, leader: Option<&Self>) {
        self.position.store(position.into(), Ordering::Relaxed);
        match leader {
            Some(leader) if matches!(leader.link(), Link::Up(_)) => {
                let lag = i64::try_from(leader.ahead_of(position).as_micros()).unwrap_or(i64::MAX);
                self.lag.store(lag, Ordering::Relaxed);
            }
            Some(_) => self.lag.store(-1, Ordering::Relaxed),
            None => self.note_progress(position),
        }
    }

    fn note_progress(&self, position: Position) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.back().is_none_or(|(_, last)| *last != position) {
            progress.push_back((Instant::now(), position));
            if progress.len() > KEPT_PROGRESS {
                progress.pop_front();
            }
        }
    }
}
