//! What wakes the streams: hints, and a look at all watched threads now and then.

use std::{collections::HashSet, sync::Weak, time::Duration};

use db::{
    Database,
    hints::{Hint, Hints},
};
use entity::values::ThreadId;
use futures_util::FutureExt;
use tokio::time::{MissedTickBehavior, interval};
use workflow::{hints::THREADS, threads};

use super::Hub;

/// What no hint told of is found after this time.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Threads to ask about.
enum Asked {
    All,
    These(HashSet<ThreadId>),
}

/// Tells the streams how far their threads reach, until the last handle of the hub is gone.
pub async fn keep(hub: Weak<Hub>, database: Database) {
    let mut hints = database.listen(THREADS);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let asked = tokio::select! {
            _ = looks.tick() => Asked::All,
            hint = hints.next() => match hint {
                Some(hint) => gather(hint, &mut hints),
                None => return,
            },
        };
        let Some(hub) = hub.upgrade() else { return };
        let threads = hub.watched_of(asked);
        if threads.is_empty() {
            continue;
        }
        match threads::newest_events(&database.shared_reader(), &threads).await {
            Ok(newest) => hub.tell(newest),
            // The next look finds the same.
            Err(error) => tracing::debug!(%error, "how far streams reach could not be read"),
        }
    }
}

/// One question for all hints that have come.
fn gather(first: Hint, hints: &mut Hints) -> Asked {
    let mut threads = HashSet::new();
    let mut next = Some(first);
    while let Some(hint) = next {
        match hint {
            Hint::MayHaveMissed => return Asked::All,
            Hint::Told(text) => threads.extend(text.parse::<ThreadId>().ok()),
        }
        next = hints.next().now_or_never().flatten();
    }
    Asked::These(threads)
}

impl Hub {
    fn watched_of(&self, asked: Asked) -> Vec<ThreadId> {
        let watched = self.watched();
        match asked {
            Asked::All => watched.threads.keys().copied().collect(),
            Asked::These(threads) => {
                let is_watched = |thread: &ThreadId| watched.threads.contains_key(thread);
                threads.into_iter().filter(is_watched).collect()
            }
        }
    }

    fn tell(&self, newest: impl IntoIterator<Item = (ThreadId, i64)>) {
        let watched = self.watched();
        for (thread, newest) in newest {
            if let Some(known) = watched.threads.get(&thread) {
                known.newest.send_if_modified(|known| {
                    let is_news = newest > *known;
                    *known = newest.max(*known);
                    is_news
                });
            }
        }
    }
}
