//! A time limit that SQLite asks for while it works, since it has none of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::SqliteConnection;

/// Virtual-machine steps of SQLite between two looks at the clock: some tenths of a millisecond.
const STEPS: i32 = 20_000;

/// Interrupts the statement of one SQLite connection when its time is over, or when nobody waits
/// for its answer any more.
#[derive(Clone)]
pub(crate) struct Alarm(Arc<State>);

struct State {
    epoch: Instant,
    /// Microseconds after the epoch; 0 while no statement runs.
    due: AtomicU64,
    abandoned: AtomicBool,
}

/// A statement is under way. Whoever drops this without [`Set::finish`] has abandoned it.
pub(crate) struct Set<'a>(&'a State);

impl Alarm {
    pub async fn install(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let alarm = Self(Arc::new(State {
            epoch: Instant::now(),
            due: AtomicU64::new(0),
            abandoned: AtomicBool::new(false),
        }));
        let state = Arc::clone(&alarm.0);
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(STEPS, move || state.may_go_on());
        drop(handle);
        Ok(alarm)
    }

    /// Lets the coming statement work for `patience`.
    pub fn set(&self, patience: Duration) -> Set<'_> {
        let due = self.0.epoch.elapsed().saturating_add(patience);
        let due = u64::try_from(due.as_micros()).unwrap_or(u64::MAX);
        self.0.due.store(due, Ordering::Relaxed);
        Set(&self.0)
    }
}

impl State {
    fn may_go_on(&self) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        let is_late = due > 0 && self.epoch.elapsed().as_micros() > u128::from(due);
        !is_late && !self.abandoned.load(Ordering::Relaxed)
    }
}

impl Set<'_> {
    pub fn finish(self) {
        self.0.due.store(0, Ordering::Relaxed);
        std::mem::forget(self);
    }
}

impl Drop for Set<'_> {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::Relaxed);
    }
}
