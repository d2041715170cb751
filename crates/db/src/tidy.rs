//! The task that keeps the pools in shape and says when one is nearly full.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Settings, pool::Pool};

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
                    crowd.look_at(&pool);
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
    fn look_at(&mut self, pool: &Pool) {
        let now = pool.status();
        if now.max_size < 2 || now.in_use * 5 <= now.max_size * 4 {
            self.looks = 0;
            return;
        }
        self.looks += 1;
        if self.looks == LOOKS_BEFORE_WARNING {
            tracing::warn!(
                pool = pool.name(),
                in_use = now.in_use,
                max_size = now.max_size,
                waiting = now.waiting,
                "a pool of database connections has been over 80 % in use for 10 s"
            );
        }
    }
}
