//! What the handle and the connections of one proxy share.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::watch;

use super::BlackHole;

/// The faults that are on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults {
    pub upstream: SocketAddr,
    pub delay: Duration,
    pub black_hole: Option<BlackHole>,
    pub refuse: bool,
    pub cut_after: Option<u64>,
}

/// What a proxy has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections from clients, those that were refused included.
    pub accepted: u64,
    /// Connections that are open now.
    pub open: u64,
    /// Connections that the proxy reset or refused.
    pub reset: u64,
    /// Bytes that were handed to the server.
    pub to_server: u64,
    /// Bytes that were handed to clients.
    pub to_client: u64,
    /// Bytes of either side that a black hole discarded, then or later.
    pub lost: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub accepted: AtomicU64,
    pub open: AtomicU64,
    pub reset: AtomicU64,
    pub to_server: AtomicU64,
    pub to_client: AtomicU64,
    pub lost: AtomicU64,
}

impl Counters {
    pub fn read(&self) -> Counts {
        Counts {
            accepted: self.accepted.load(Ordering::SeqCst),
            open: self.open.load(Ordering::SeqCst),
            reset: self.reset.load(Ordering::SeqCst),
            to_server: self.to_server.load(Ordering::SeqCst),
            to_client: self.to_client.load(Ordering::SeqCst),
            lost: self.lost.load(Ordering::SeqCst),
        }
    }
}

#[derive(Debug)]
pub(super) struct RandomResets {
    probability: f64,
    within_bytes: u64,
    random: Rng,
}

impl RandomResets {
    pub fn new(probability: f64, seed: u64, within_bytes: u64) -> Self {
        Self {
            probability,
            within_bytes: within_bytes.max(1),
            random: Rng::with_seed(seed),
        }
    }

    /// Draws twice in any case, so that a fate depends on the seed and the order alone.
    fn next(&mut self) -> Option<u64> {
        let chosen = self.random.f64() < self.probability;
        let bytes = self.random.u64(1..=self.within_bytes);
        chosen.then_some(bytes)
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    pub faults: watch::Sender<Faults>,
    /// Counts the calls of `reset_all`.
    pub resets: watch::Sender<u64>,
    pub counters: Counters,
    random_resets: Mutex<RandomResets>,
}

impl Shared {
    pub fn new(upstream: SocketAddr) -> Self {
        let faults = Faults {
            upstream,
            delay: Duration::ZERO,
            black_hole: None,
            refuse: false,
            cut_after: None,
        };
        Self {
            faults: watch::Sender::new(faults),
            resets: watch::Sender::new(0),
            counters: Counters::default(),
            random_resets: Mutex::new(RandomResets::new(0.0, 0, 1)),
        }
    }

    pub fn faults(&self) -> Faults {
        *self.faults.borrow()
    }

    pub fn set_random_resets(&self, resets: RandomResets) {
        *self
            .random_resets
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = resets;
    }

    /// After how many bytes the next connection is reset.
    pub fn next_reset(&self) -> Option<u64> {
        let mut resets = self
            .random_resets
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        resets.next()
    }
}
