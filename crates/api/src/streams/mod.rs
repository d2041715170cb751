//! Streams of events that stay open: who watches which thread, and what wakes them.
//!
//! One task a process hears the hints and asks how far the watched threads reach. What it tells the streams is
//! that number alone; each reads its events from the table by itself, so that a hint that is lost, or comes
//! twice, changes nothing but the time.

mod events;
mod rounds;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use db::{Database, Reads};
use entity::values::{ThreadId, UserId};
use tokio::{runtime::Handle, sync::watch, task::AbortHandle};

use crate::problem::{Problem, kinds};

pub use events::{Opened, Start, events};

/// The open streams of a service.
#[derive(Clone)]
pub struct Streams(Arc<Hub>);

struct Hub {
    database: Database,
    /// Where the rounds run, which must not end with a request.
    runtime: Handle,
    most_per_user: usize,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    threads: HashMap<ThreadId, Thread>,
    streams_of: HashMap<UserId, usize>,
    /// Begun with the first stream.
    rounds: Option<AbortHandle>,
    is_closed: bool,
}

/// A thread that is watched.
struct Thread {
    /// How far it is known to reach.
    newest: watch::Sender<i64>,
    streams: usize,
}

/// One open stream; it counts until it is dropped.
pub struct Seat {
    hub: Arc<Hub>,
    user: UserId,
    thread: ThreadId,
    newest: watch::Receiver<i64>,
}

impl Streams {
    /// Belongs into the runtime that lives as long as the service.
    pub fn new(database: &Database, most_per_user: usize) -> Self {
        Self(Arc::new(Hub {
            database: database.for_caller(Reads::Primary, None),
            runtime: Handle::current(),
            most_per_user,
            watched: Mutex::default(),
        }))
    }

    /// Begins to watch a thread for a user, unless they have too many streams open.
    pub fn watch(&self, user: UserId, thread: ThreadId) -> Result<Seat, Problem> {
        let mut watched = self.0.watched();
        if watched.is_closed {
            let advice = "the service stops; try again at the one that comes after it";
            return Err(Problem::new(kinds::OVERLOADED, advice).retry_later());
        }
        let open = watched.streams_of.entry(user).or_default();
        if *open >= self.0.most_per_user {
            let most = self.0.most_per_user;
            let advice = format!("there are {most} streams open already; end one of them first");
            return Err(Problem::new(kinds::TOO_MANY_STREAMS, advice).retry_later());
        }
        *open += 1;
        let of_thread = watched.threads.entry(thread).or_insert_with(|| Thread {
            newest: watch::Sender::new(0),
            streams: 0,
        });
        of_thread.streams += 1;
        let newest = of_thread.newest.subscribe();
        if watched.rounds.is_none() {
            let rounds = rounds::keep(Arc::downgrade(&self.0), self.0.database.clone());
            watched.rounds = Some(self.0.runtime.spawn(rounds).abort_handle());
        }
        Ok(Seat {
            hub: Arc::clone(&self.0),
            user,
            thread,
            newest,
        })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.0.watched().streams_of.values().sum()
    }

    /// Ends all of them, and lets no other begin.
    pub fn close(&self) {
        let mut watched = self.0.watched();
        watched.is_closed = true;
        // Who watches is told by the end of what they watch.
        watched.threads.clear();
    }
}

impl Hub {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(rounds) = self.watched().rounds.take() {
            rounds.abort();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut watched = self.hub.watched();
        if let Some(open) = watched.streams_of.get_mut(&self.user) {
            *open -= 1;
            if *open == 0 {
                watched.streams_of.remove(&self.user);
            }
        }
        // It may be gone already, with all others.
        if let Some(of_thread) = watched.threads.get_mut(&self.thread) {
            of_thread.streams -= 1;
            if of_thread.streams == 0 {
                watched.threads.remove(&self.thread);
            }
        }
    }
}
