//! A TCP proxy whose upstream and faults change while it runs.

mod connection;
mod link;
mod pump;
mod shared;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::oneshot;

use shared::{Faults, RandomResets, Shared};

pub use shared::Counts;

/// What becomes of bytes, and of the ends of connections, that a black hole swallows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlackHole {
    /// They are lost. A connection that lost any stays open and silent for ever, since what
    /// comes later would not fit what came before.
    Discard,
    /// They are held back and flow, in order, when the hole is gone.
    Hold,
}

/// A proxy on 127.0.0.1. It runs on a thread of its own, so that it keeps going while a test
/// blocks. Dropping it closes its port and every connection.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy without faults on a port that the system chooses. A client sees a reset where
    /// nobody listens at the upstream.
    pub fn start(upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::new(upstream));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name(format!("proxy {port}"))
            .spawn(move || runtime.block_on(connection::serve(listener, for_thread, stopped)))
            .context("cannot start a proxy")?;
        Ok(Self {
            port,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The port on 127.0.0.1 that clients connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address that clients connect to.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Leads connections that come from now on to another server; the others keep theirs.
    pub fn set_upstream(&self, address: SocketAddr) {
        self.change(|faults| faults.upstream = address);
    }

    /// Delays every byte, in each direction, by this much; the throughput stays.
    pub fn set_delay(&self, delay: Duration) {
        self.change(|faults| faults.delay = delay);
    }

    /// Swallows what passes, or heals with `None`. New connections are accepted and get no
    /// answer. Connections stay open on both sides even if one side ends.
    pub fn black_hole(&self, mode: Option<BlackHole>) {
        self.change(|faults| faults.black_hole = mode);
    }

    /// Accepts new connections and resets them at once.
    pub fn refuse(&self, on: bool) {
        self.change(|faults| faults.refuse = on);
    }

    /// Closes each connection that comes from now on when its client got exactly this many bytes
    /// from the server, until this is called with `None`.
    pub fn cut_after(&self, bytes: Option<u64>) {
        self.change(|faults| faults.cut_after = bytes);
    }

    /// Resets each connection that comes from now on with this probability, on both sides, after
    /// a random number of bytes, counted both ways, between 1 and `within_bytes`. The same seed
    /// gives the same fates in the order of the connections. A probability of 0 ends it.
    pub fn reset_probability(&self, probability: f64, seed: u64, within_bytes: u64) {
        let resets = RandomResets::new(probability, seed, within_bytes);
        self.shared.set_random_resets(resets);
    }

    /// Resets every connection that the proxy has accepted, on both sides.
    pub fn reset_all(&self) {
        self.shared
            .resets
            .send_modify(|generation| *generation += 1);
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    fn change(&self, change: impl FnOnce(&mut Faults)) {
        self.shared.faults.send_modify(change);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends at the next await; if it panicked, its connections are gone as well.
            let _ = thread.join();
        }
    }
}
