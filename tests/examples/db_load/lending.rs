//! What it costs to take a connection from the pool and to give it back.

use std::time::{Duration, Instant};

use anyhow::Result;
use db::{ConnectionTrait, Database, Tx};
use sea_orm::Statement;
use serde_json::{Value, json};

/// Times the same statement by turns on a connection that a transaction holds and on one that is
/// lent for it alone. The difference of the medians is the lending.
pub async fn measure(database: &Database, times: usize) -> Result<Value> {
    let reader = database.reader();
    let question = Statement::from_string(reader.get_database_backend(), "SELECT 1");
    let outcome = database
        .read(async |tx: Tx| -> Result<_, db::Error> {
            let (mut held, mut lent) = (Vec::new(), Vec::new());
            for _ in 0..times {
                held.push(time(&tx, &question).await?);
                lent.push(time(reader, &question).await?);
            }
            Ok((median_us(held), median_us(lent)))
        })
        .await;
    let (held, lent) = outcome?;
    Ok(json!({ "held_us": held, "lent_us": lent }))
}

async fn time(db: &impl ConnectionTrait, question: &Statement) -> Result<Duration, db::Error> {
    let question = question.clone();
    let start = Instant::now();
    db.query_one_raw(question).await?;
    Ok(start.elapsed())
}

fn median_us(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let median = times.get(times.len() / 2);
    median.map_or(0.0, |time| time.as_secs_f64() * 1e6)
}
