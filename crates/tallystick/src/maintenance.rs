//! What falls due with time, whoever starts it: the command or the service.

use std::time::Duration;

use chrono::Datelike;
use db::{Database, Priority};
use identity::webhook;

use crate::{error::Error, session};

/// Partitions are there for so many years after the present one.
const YEARS_AHEAD: i32 = 2;
const EVERY: Duration = Duration::from_hours(6);

/// Attempts where writers came in the way.
const ATTEMPTS: u32 = 20;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub partitions_made: u64,
    /// Signed messages that nobody can send again any more.
    pub webhooks_forgotten: u64,
}

/// Does what is due now; doing it again does nothing.
pub async fn run(database: &Database) -> Result<Done, Error> {
    let partitions_made = make_partitions(database).await?;
    let webhooks_forgotten = webhook::forget_old(database, session::clock().now()).await?;
    Ok(Done {
        partitions_made,
        webhooks_forgotten,
    })
}

async fn make_partitions(database: &Database) -> Result<u64, migration::Error> {
    let last_year = session::clock().now().year() + YEARS_AHEAD;
    let mut attempt = 1;
    loop {
        match migration::make_year_partitions(database, last_year).await {
            Ok(made) => return Ok(made),
            Err(error) if attempt == ATTEMPTS || !error.is_locked_out() => return Err(error),
            Err(_) => {
                attempt += 1;
                // Whoever waited behind the attempt gets on meanwhile.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Does what is due, now and from time to time, for as long as the service runs.
pub async fn keep(database: Database) {
    let database = database.with_priority(Priority::Background);
    let mut times = tokio::time::interval(EVERY);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        match run(&database).await {
            Ok(done) if done.partitions_made == 0 => {}
            Ok(Done {
                partitions_made, ..
            }) => {
                tracing::info!(partitions_made, "the series have room for the coming years");
            }
            Err(error) => tracing::warn!("what falls due with time was not done: {error}"),
        }
    }
}
