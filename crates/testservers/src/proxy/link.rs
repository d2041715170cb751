//! The state of one connection: what it may still pass on, and whether it lost anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::BlackHole;
use super::shared::Shared;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

/// How a connection comes to its end.
pub(super) enum End {
    /// Both sides have closed it.
    Closed,
    /// The proxy closes it: the client got all that it was to get.
    Cut,
    /// The proxy resets it.
    Reset,
    /// One side broke it, so the other sees a reset.
    Broken,
}

/// Atomics because a task may move between threads; one task alone uses them.
pub(super) struct Link {
    pub shared: Arc<Shared>,
    until_reset: Option<AtomicU64>,
    until_cut: Option<AtomicU64>,
    lost: AtomicBool,
}

impl Link {
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            until_reset: shared.next_reset().map(AtomicU64::new),
            until_cut: shared.faults().cut_after.map(AtomicU64::new),
            lost: AtomicBool::new(false),
            shared,
        }
    }

    /// From here on the connection stays silent.
    pub fn lose(&self, bytes: usize) {
        self.shared
            .counters
            .lost
            .fetch_add(bytes as u64, Ordering::SeqCst);
        self.lost.store(true, Ordering::SeqCst);
    }

    pub fn has_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Whether this many bytes, or an end if there are none, may go on now.
    pub fn takes(&self, bytes: usize) -> bool {
        let discards = self.shared.faults().black_hole == Some(BlackHole::Discard);
        if discards || self.has_lost() {
            self.lose(bytes);
            return false;
        }
        true
    }

    /// Waits while a black hole holds, then as `takes`.
    pub async fn passes(&self, bytes: usize) -> bool {
        let mut faults = self.shared.faults.subscribe();
        // The sender is in `shared`, so the wait ends with a value.
        let _ = faults
            .wait_for(|faults| self.has_lost() || faults.black_hole != Some(BlackHole::Hold))
            .await;
        self.takes(bytes)
    }

    /// How many of these bytes may still pass; they count as passed.
    pub fn claim(&self, direction: Direction, bytes: usize) -> usize {
        let mut allowed = bytes as u64;
        for limit in self.limits(direction) {
            allowed = allowed.min(limit.load(Ordering::SeqCst));
        }
        for limit in self.limits(direction) {
            limit.fetch_sub(allowed, Ordering::SeqCst);
        }
        let counters = &self.shared.counters;
        let counter = match direction {
            Direction::ToServer => &counters.to_server,
            Direction::ToClient => &counters.to_client,
        };
        counter.fetch_add(allowed, Ordering::SeqCst);
        usize::try_from(allowed).unwrap_or(bytes)
    }

    /// The end of a connection that has passed all that it may.
    pub fn spent(&self) -> Option<End> {
        let is_spent = |limit: &Option<AtomicU64>| {
            limit
                .as_ref()
                .is_some_and(|limit| limit.load(Ordering::SeqCst) == 0)
        };
        if is_spent(&self.until_reset) {
            return Some(End::Reset);
        }
        is_spent(&self.until_cut).then_some(End::Cut)
    }

    fn limits(&self, direction: Direction) -> impl Iterator<Item = &AtomicU64> {
        let until_cut = self.until_cut.as_ref();
        let cut = until_cut.filter(|_| direction == Direction::ToClient);
        self.until_reset.iter().chain(cut)
    }
}
