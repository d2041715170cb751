//! A bounded set of connections, lent to one unit of work at a time.

use std::{
    future::poll_fn,
    ops::{Deref, DerefMut},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::{Duration, Instant},
};

use deadpool::managed::{self, Object, PoolConfig, PoolError, QueueMode};

use crate::{Priority, Settings, connection::Connection, maker::Maker, pool_metrics::PoolMetrics};

/// How many connections a pool may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Kept open while idle.
    pub least: usize,
    /// Kept open for a while.
    pub usual: usize,
    /// Those above the usual size are closed as soon as they idle.
    pub most: usize,
    /// Units of work that may wait for one.
    pub waiting: usize,
}

impl Size {
    /// Always the same few.
    pub fn fixed(connections: usize, waiting: usize) -> Self {
        Self {
            least: connections,
            usual: connections,
            most: connections,
            waiting,
        }
    }

    pub fn application(settings: &Settings) -> Self {
        let usual = settings.pool_max_size.max(1) as usize;
        Self {
            least: usual.min(settings.pool_min_size as usize),
            usual,
            most: usual + settings.max_overflow as usize,
            waiting: settings.max_waiting as usize,
        }
    }

    /// Opened when there is work, since most programs have none.
    pub fn background(settings: &Settings) -> Self {
        let usual = settings.background_pool_max_size.max(1) as usize;
        Self {
            least: 0,
            usual,
            most: usual,
            waiting: settings.max_waiting as usize,
        }
    }

    pub fn of(priority: Priority, settings: &Settings) -> Self {
        match priority {
            Priority::Schema => Self {
                least: 0,
                ..Self::fixed(2, settings.max_waiting as usize)
            },
            Priority::Application => Self::application(settings),
            Priority::Background => Self::background(settings),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Pool {
    connections: managed::Pool<Maker>,
    size: Size,
    waiting: Arc<AtomicUsize>,
    metrics: Arc<PoolMetrics>,
}

/// Why a pool lent nothing.
#[derive(Debug)]
pub(crate) enum NotLent {
    /// All are in use, and so many wait that one more would wait in vain.
    Shed,
    TimedOut(Duration),
    /// None was idle, and no new one could be opened.
    NotOpened(sqlx::Error),
    Closed,
}

impl Pool {
    pub fn new(maker: Maker, size: Size) -> Self {
        let metrics = Arc::clone(&maker.metrics);
        let config = PoolConfig {
            max_size: size.most,
            // The connection used last is the warmest; the others may grow old and be closed.
            queue_mode: QueueMode::Lifo,
            ..PoolConfig::default()
        };
        let builder = managed::Pool::builder(maker).config(config);
        // Building fails only for timeouts without a runtime, and there are none.
        let connections = builder.build().unwrap_or_else(|_| unreachable!());
        Self {
            connections,
            size,
            waiting: Arc::default(),
            metrics,
        }
    }

    /// A connection of its own for one unit of work, in the order of asking.
    pub async fn lend(&self, patience: Duration) -> Result<Lease, NotLent> {
        let asked = Instant::now();
        let outcome = self.lend_within(patience).await;
        let seconds = asked.elapsed().as_secs_f64();
        match &outcome {
            Ok(_) => self.metrics.note_acquired(seconds),
            Err(NotLent::Shed) => self.metrics.note_refused("shed"),
            Err(NotLent::TimedOut(_)) => self.metrics.note_refused("timeout"),
            Err(NotLent::NotOpened(_) | NotLent::Closed) => self.metrics.note_refused("away"),
        }
        outcome
    }

    async fn lend_within(&self, patience: Duration) -> Result<Lease, NotLent> {
        let mut lent = pin!(self.connections.get());
        let first_look = poll_fn(|context| Poll::Ready(lent.as_mut().poll(context)));
        let lent = match first_look.await {
            Poll::Ready(lent) => lent,
            Poll::Pending => {
                let _waiting = self.wait_in_line()?;
                let lent = tokio::time::timeout(patience, lent).await;
                lent.map_err(|_| NotLent::TimedOut(patience))?
            }
        };
        match lent {
            Ok(connection) => Ok(Lease {
                connection: Some(connection),
                metrics: Arc::clone(&self.metrics),
            }),
            Err(PoolError::Backend(error)) => Err(NotLent::NotOpened(error)),
            Err(PoolError::Timeout(_)) => Err(NotLent::TimedOut(patience)),
            Err(_) => Err(NotLent::Closed),
        }
    }

    fn wait_in_line(&self) -> Result<Waiting, NotLent> {
        let waiting = Waiting(Arc::clone(&self.waiting));
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.size.waiting {
            Ok(waiting)
        } else {
            Err(NotLent::Shed)
        }
    }

    pub fn maker(&self) -> &Maker {
        self.connections.manager()
    }

    pub fn status(&self) -> PoolStatus {
        let now = self.connections.status();
        let free = now.available.min(now.size);
        PoolStatus {
            size: now.size,
            free,
            in_use: now.size - free,
            waiting: self.waiting.load(Ordering::Relaxed),
            min_size: self.size.least,
            max_size: self.size.most,
        }
    }

    pub fn name(&self) -> &str {
        self.metrics.pool()
    }

    pub fn is_closed(&self) -> bool {
        self.connections.is_closed()
    }

    /// Ends the lending; what is lent is closed when it comes back.
    pub fn close(&self) {
        self.connections.close();
    }

    /// Closes what has idled too long or grown too old, and opens what is missing.
    pub async fn tidy(&self, longest_idle: Duration) {
        let oldest = self.maker().rules.oldest;
        let mut left = self.connections.status().size;
        let kept = self.connections.retain(|connection, _| {
            let idle = connection.last_used().elapsed();
            let reason = if connection.is_revoked() {
                "server_lost"
            } else if connection.age() > oldest {
                "recycled"
            } else if left > self.size.usual && idle > OVERFLOW_IDLE {
                "overflow"
            } else if left > self.size.least && idle > longest_idle {
                "idle"
            } else {
                return true;
            };
            left -= 1;
            self.metrics.note_closed(reason);
            false
        });
        drop(kept);
        self.fill().await;
    }

    async fn fill(&self) {
        let mut held = Vec::new();
        while self.connections.status().size < self.size.least {
            match self.connections.get().await {
                Ok(connection) => held.push(connection),
                Err(_) => return,
            }
        }
    }
}

/// A burst's connections are not closed between its waves.
const OVERFLOW_IDLE: Duration = Duration::from_secs(2);

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Connections of one pool now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    pub size: usize,
    pub free: usize,
    pub in_use: usize,
    /// Units of work without a connection yet.
    pub waiting: usize,
    pub min_size: usize,
    pub max_size: usize,
}

impl PoolStatus {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            size: self.size + other.size,
            free: self.free + other.free,
            in_use: self.in_use + other.in_use,
            waiting: self.waiting + other.waiting,
            min_size: self.min_size + other.min_size,
            max_size: self.max_size + other.max_size,
        }
    }
}

/// A connection on loan. It goes back to its pool, with no round trip, only if it is between
/// statements and outside of transactions; otherwise it is closed.
pub(crate) struct Lease {
    connection: Option<Object<Maker>>,
    metrics: Arc<PoolMetrics>,
}

impl Lease {
    /// The connection was found dead: others of its server may be so, too.
    pub fn suspect_server(&self) {
        let pool = self.connection.as_ref().and_then(Object::pool);
        if let Some(pool) = pool {
            pool.manager().suspect();
        }
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease holds its connection until it is dropped"),
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease holds its connection until it is dropped"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        connection.note_use();
        if !connection.is_clean() {
            self.metrics.note_closed("unfinished");
            drop(Object::take(connection));
        }
    }
}
