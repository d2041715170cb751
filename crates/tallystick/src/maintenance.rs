//! What falls due with time, whoever starts it: the command or the service.

mod conversations;
mod reservations;

use std::time::Duration;

use chrono::Datelike;
use db::{Database, Priority};
use identity::{
    sessions::{self, Tidied},
    webhook,
};

use workflow::retention::Retention;

use crate::{error::Error, session};

pub use conversations::Tended;

/// Partitions are there for so many years after the present one.
const YEARS_AHEAD: i32 = 2;
const EVERY: Duration = Duration::from_hours(6);

/// Attempts where writers came in the way.
const ATTEMPTS: u32 = 20;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub partitions_made: u64,
    /// Signed messages that nobody can send again any more.
    pub webhooks_forgotten: u64,
    pub tidied: Tidied,
    pub conversations: Tended,
    /// Reservations of tokens that expired long ago.
    pub reservations_forgotten: u64,
}

/// Does what is due now; doing it again does nothing.
pub async fn run(database: &Database, retention: &Retention) -> Result<Done, Error> {
    Ok(Done {
        partitions_made: make_partitions(database).await?,
        webhooks_forgotten: webhook::forget_old(database, session::clock().now()).await?,
        tidied: tidy_sessions(database).await?,
        conversations: conversations::tend(database, retention).await?,
        reservations_forgotten: reservations::forget_old(database).await?,
    })
}

async fn tidy_sessions(database: &Database) -> Result<Tidied, identity::Error> {
    let clock = session::clock();
    let work = move |tx: db::Tx| async move { sessions::tidy(clock, &tx).await };
    database.write(work).await
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
pub async fn keep(database: Database, retention: Retention) {
    let database = database.with_priority(Priority::Background);
    let mut times = tokio::time::interval(EVERY);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        match run(&database, &retention).await {
            Ok(done) => tell(done),
            Err(error) => tracing::warn!("what falls due was not all done: {error}"),
        }
    }
}

fn tell(done: Done) {
    let partitions_made = done.partitions_made;
    if partitions_made > 0 {
        tracing::info!(partitions_made, "the series have room for the coming years");
    }
    let Tidied {
        refresh_tokens,
        throttles,
    } = done.tidied;
    if refresh_tokens + throttles > 0 {
        tracing::info!(refresh_tokens, throttles, "what had expired was deleted");
    }
    let Tended {
        artifacts_deleted,
        messages_purged,
        messages_indexed,
    } = done.conversations;
    if artifacts_deleted + messages_purged + messages_indexed > 0 {
        tracing::info!(
            artifacts_deleted,
            messages_purged,
            messages_indexed,
            "conversations were tended"
        );
    }
}
