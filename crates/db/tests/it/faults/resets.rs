//! Connections that are reset at random, in the middle of anything.

use std::time::Duration;

use db::{ConnectionTrait, Database, Settings};
use sea_orm::{DbBackend, Statement};

use super::{
    crowd::{Crowd, Habit},
    deeds,
    plan::Plan,
    site::Site,
};

const HABIT: Habit = Habit {
    pace: Duration::from_millis(5),
    resends: false,
};
const GOAL_PERCENT: f64 = 99.9;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenth_of_all_connections_costs_hardly_a_request() {
    let plan = Plan::of("10 % of connections reset");
    let Some(site) = Site::start().await else {
        return;
    };
    deeds::prepare(&site).await;
    let settings = Settings {
        pool_min_size: 0,
        pool_max_size: 4,
        max_overflow: 4,
        // So that there are many to be reset.
        pool_recycle: Duration::from_millis(100),
        ..site.settings()
    };
    let database = Database::connect(&settings).await.unwrap();
    site.proxy.reset_probability(0.1, plan.seed, 3_000);
    let crowd = Crowd::start(&database, plan.choose(8, 64), HABIT, plan.seed);
    let reads = read_for(
        &database,
        plan.choose(Duration::from_secs(4), Duration::from_mins(1)),
    );
    let (reads, failed_reads) = reads.await;
    let diary = crowd.stop().await;
    site.proxy.reset_probability(0.0, 0, 1);

    let counts = site.proxy.counts();
    plan.note("connections", counts.accepted);
    plan.note("connections reset", counts.reset);
    plan.note("reads", reads);
    plan.note("reads that failed", failed_reads);
    let all = diary.requests.len() + reads;
    let failed = diary.failures().count() + failed_reads;
    let percent = percent(all - failed, all);
    plan.figure(
        "requests that succeed",
        format!("{percent:.3} %"),
        format!(">= {GOAL_PERCENT} %"),
    );
    diary.compare(&site, &plan).await;
    assert!(counts.reset > 0);
    assert!(percent > 99.0, "{percent}");
}

/// How many reads there were, and how many of them failed.
async fn read_for(database: &Database, length: Duration) -> (usize, usize) {
    let (mut reads, mut failed) = (0, 0);
    let end = tokio::time::Instant::now() + length;
    while tokio::time::Instant::now() < end {
        let question = Statement::from_string(DbBackend::Postgres, "SELECT 1");
        let outcome = database.reader().query_one_raw(question).await;
        reads += 1;
        failed += usize::from(outcome.is_err());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (reads, failed)
}

#[allow(clippy::cast_precision_loss)]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64 * 100.0
}
