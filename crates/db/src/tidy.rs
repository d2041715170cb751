//! The task that keeps the pools in shape and says when one is nearly full.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{PoolStatus, Settings, pool::Pool};

const EVERY: Duration = Duration::from_secs(1);
/// A pool that is nearly full for so many looks in a row is worth a line in the log.
const LOOKS_BEFORE_WARNING: u32 = 10;

/// Starts the task; it ends with `stop`.
pub(crate) fn keep(pools: Vec<Pool>, settings: &Settings, stop: &CancellationToken) {
    let longest_idle = settings.max_inactive_connection_lifetime;
    for pool in pools {
        let stop = stop.clone();
        tokio::spawn(async move {
            let tidying = async {
                let mut crowd = Crowd::default();
                loop {
                    pool.tidy(longest_idle).await;
                    if crowd.is_worth_a_word(pool.status()) {
                        warn_of_crowd(&pool);
                    }
                    tokio::time::sleep(EVERY).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tidying => {}
            }
        });
    }
}

/// Turns a pool that stays over four fifths into one warning.
#[derive(Default)]
struct Crowd {
    looks: u32,
}

impl Crowd {
    /// SQLite's one writer is often busy, and rightly so.
    fn is_worth_a_word(&mut self, now: PoolStatus) -> bool {
        if now.max_size < 2 || now.in_use * 5 <= now.max_size * 4 {
            self.looks = 0;
            return false;
        }
        self.looks += 1;
        self.looks == LOOKS_BEFORE_WARNING
    }
}

fn warn_of_crowd(pool: &Pool) {
    let now = pool.status();
    tracing::warn!(
        pool = pool.name(),
        in_use = now.in_use,
        max_size = now.max_size,
        waiting = now.waiting,
        "a pool of database connections has been over 80 % in use for 10 s"
    );
}

#[cfg(test)]
mod tests {
    use super::{Crowd, PoolStatus};

    fn status(in_use: usize, max_size: usize) -> PoolStatus {
        PoolStatus {
            size: in_use,
            in_use,
            max_size,
            ..PoolStatus::default()
        }
    }

    #[test]
    fn a_crowd_is_one_warning_and_not_a_thousand() {
        let mut crowd = Crowd::default();
        let said = (0..1000).filter(|_| crowd.is_worth_a_word(status(25, 30)));
        assert_eq!(said.count(), 1);
        assert!(!crowd.is_worth_a_word(status(24, 30)));
        let again = (0..10).filter(|_| crowd.is_worth_a_word(status(30, 30)));
        assert_eq!(again.count(), 1);
    }

    #[test]
    fn a_short_crowd_and_a_single_writer_are_none() {
        let mut crowd = Crowd::default();
        for _ in 0..100 {
            assert!((0..9).all(|_| !crowd.is_worth_a_word(status(30, 30))));
            crowd.is_worth_a_word(status(3, 30));
        }
        assert!((0..100).all(|_| !crowd.is_worth_a_word(status(1, 1))));
    }
}
