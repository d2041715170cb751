//! Clients that ask one after the other, for a while.

use std::time::{Duration, Instant};

use anyhow::Result;
use db::Database;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{arguments::Arguments, work::Work};

/// Until every client has its connection and its statement prepared.
const WARM_UP: Duration = Duration::from_millis(300);

pub async fn run(database: &Database, what: &str, arguments: &Arguments) -> Result<Value> {
    let work = Work::new(what, arguments)?;
    let clients = arguments.number("clients")?;
    let seconds = u64::try_from(arguments.number("seconds")?)?;
    ask(database, &work, clients, WARM_UP).await?;
    let start = Instant::now();
    let times = ask(database, &work, clients, Duration::from_secs(seconds)).await?;
    Ok(summary(times, start.elapsed()))
}

/// How long each question took.
async fn ask(
    database: &Database,
    work: &Work,
    clients: usize,
    duration: Duration,
) -> Result<Vec<Duration>> {
    let until = Instant::now() + duration;
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (database, work) = (database.clone(), work.clone());
        tasks.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let start = Instant::now();
                work.once(&database).await?;
                times.push(start.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = tasks.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}

#[allow(clippy::cast_precision_loss)]
fn summary(mut times: Vec<Duration>, elapsed: Duration) -> Value {
    times.sort_unstable();
    let at = |percent: usize| {
        let index = times.len().saturating_sub(1) * percent / 100;
        times
            .get(index)
            .map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    json!({
        "per_second": times.len() as f64 / elapsed.as_secs_f64(),
        "median_us": at(50),
        "slowest_percent_us": at(99),
    })
}
