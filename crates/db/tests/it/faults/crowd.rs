//! Clients that write without a pause worth the name, and remember each acknowledgement.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use db::{Database, Error, Tx};
use fastrand::Rng;

use tokio::task::JoinSet;

use super::{
    deeds::{self, Found},
    plan::Plan,
    site::Site,
};

/// What each client does.
#[derive(Clone, Copy)]
pub struct Habit {
    /// The longest pause between two requests.
    pub pace: Duration,
    /// Sends what failed again under the same key, as a client with an idempotency key does.
    pub resends: bool,
}

pub struct Crowd {
    clients: JoinSet<Diary>,
    stop: Arc<AtomicBool>,
}

/// One request's life.
pub struct Request {
    pub ended: Instant,
    pub took: Duration,
    pub error: Option<Error>,
}

/// What a client remembers.
#[derive(Default)]
pub struct Diary {
    pub acknowledged: Vec<String>,
    pub requests: Vec<Request>,
}

impl Crowd {
    pub fn start(database: &Database, clients: usize, habit: Habit, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut set = JoinSet::new();
        for client in 0..clients {
            let random = Rng::with_seed(seed.wrapping_add(client as u64));
            let client = Client {
                name: format!("client{client}"),
                database: database.clone(),
                habit,
                random,
                stop: Arc::clone(&stop),
            };
            set.spawn(client.live());
        }
        Self { clients: set, stop }
    }

    /// Lets every client finish the request that it is at.
    pub async fn stop(self) -> Diary {
        self.stop.store(true, Ordering::Relaxed);
        let diaries = self.clients.join_all().await;
        let mut all = Diary::default();
        for diary in diaries {
            all.acknowledged.extend(diary.acknowledged);
            all.requests.extend(diary.requests);
        }
        all.requests.sort_by_key(|request| request.ended);
        all
    }
}

struct Client {
    name: String,
    database: Database,
    habit: Habit,
    random: Rng,
    stop: Arc<AtomicBool>,
}

impl Client {
    async fn live(mut self) -> Diary {
        let mut diary = Diary::default();
        for number in 0.. {
            let key = format!("{}-{number}", self.name);
            while !self.send(&key, &mut diary).await
                && self.habit.resends
                && !self.stop.load(Ordering::Relaxed)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let pause = self.habit.pace.mul_f64(self.random.f64());
            tokio::time::sleep(pause).await;
        }
        diary
    }

    async fn send(&self, key: &str, diary: &mut Diary) -> bool {
        let started = Instant::now();
        let outcome = write_once(self.database.clone(), key.to_owned()).await;
        let ended = Instant::now();
        let is_done = outcome.is_ok();
        if is_done {
            diary.acknowledged.push(key.to_owned());
        }
        diary.requests.push(Request {
            ended,
            took: ended - started,
            error: outcome.err(),
        });
        is_done
    }
}

/// Nothing is borrowed, so that a task may run it: the compiler does not see that what is lent to
/// an async closure is `Send`.
pub async fn write_once(database: Database, key: String) -> Result<(), Error> {
    let work = move |tx: Tx| {
        let key = key.clone();
        async move { deeds::do_once(&tx, &key).await }
    };
    database.write_once(work).await
}

impl Diary {
    pub fn failures(&self) -> impl Iterator<Item = &Request> {
        self.requests
            .iter()
            .filter(|request| request.error.is_some())
    }

    pub fn slowest(&self) -> Duration {
        let times = self.requests.iter().map(|request| request.took);
        times.max().unwrap_or_default()
    }

    /// From `healed` until requests succeed and none fails any more.
    pub fn recovery(&self, healed: Instant) -> Duration {
        let after = |request: &&Request| request.ended > healed;
        let first = self.requests.iter().filter(after);
        let first = first.clone().find(|request| request.error.is_none());
        let first = first.expect("requests succeed again").ended;
        let last_failure = self.failures().filter(after).map(|request| request.ended);
        last_failure.fold(first, Instant::max) - healed
    }

    /// Errors that are not the outage's own.
    pub fn strange_errors(&self) -> Vec<String> {
        let errors = self
            .requests
            .iter()
            .filter_map(|request| request.error.as_ref());
        errors
            .filter(|error| !error.is_unavailable() && !matches!(error, Error::OutcomeUnknown(_)))
            .map(ToString::to_string)
            .collect()
    }

    /// Holds the clients' memory against what is there, prints both, and fails on a difference.
    pub async fn compare(&self, site: &Site, plan: &Plan) -> Found {
        let found = Found::compare(&mut site.witness().await, &self.acknowledged).await;
        plan.note("requests", self.requests.len());
        plan.note("acknowledged writes", self.acknowledged.len());
        plan.note("requests that failed", self.failures().count());
        plan.figure(
            "acknowledged writes that are lost",
            found.lost.len(),
            "<= 0",
        );
        plan.figure("writes that were doubled", found.doubled.len(), "<= 0");
        assert!(found.lost.is_empty(), "{found:?}");
        assert!(found.doubled.is_empty(), "{found:?}");
        assert!(found.done >= self.acknowledged.len());
        assert_eq!(self.strange_errors(), Vec::<String>::new());
        found
    }
}
