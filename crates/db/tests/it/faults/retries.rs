//! Units of work that the database breaks off for another's sake.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Database, Error, Settings, Tx};
use prometheus::{core::Collector, proto::MetricFamily};
use sea_orm::{DbBackend, Statement};
use tokio::sync::Barrier;

use super::{plan::Plan, site::Site};

const COUNTERS: &str = "CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL);
     INSERT INTO counters VALUES (1, 0), (2, 0)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialization_failures_and_deadlocks_succeed_in_the_end() {
    let plan = Plan::of("units of work that collide");
    let Some(site) = Site::start_with("deadlock_timeout = '100ms'").await else {
        return;
    };
    let mut witness = site.witness().await;
    witness.run(COUNTERS).await;
    let database = site.database().await;
    let rounds: u16 = plan.choose(10, 100);
    // Neither of two that read both rows and change one each may have come first.
    for (what, reason, level, changes) in [
        (
            "deadlock",
            "deadlock",
            "READ COMMITTED",
            [vec![1, 2], vec![2, 1]],
        ),
        (
            "serialization failure",
            "serialization_failure",
            "SERIALIZABLE",
            [vec![1], vec![2]],
        ),
    ] {
        let attempts = AtomicUsize::new(0);
        let start = Instant::now();
        for _ in 0..rounds {
            Box::pin(collide(&database, level, &changes, &attempts)).await;
        }
        let time = start.elapsed().as_secs_f64() / f64::from(rounds);
        plan.note(&format!("{what}: units of work"), rounds * 2);
        plan.note(
            &format!("{what}: attempts"),
            attempts.load(Ordering::Relaxed),
        );
        plan.note(&format!("{what}: time for both"), format!("{time:.3} s"));
        assert!(
            retries(&database, reason) >= f64::from(rounds),
            "they collided: {what}"
        );
    }
    let done = witness.number("SELECT sum(value) FROM counters").await;
    let wanted = i64::from(rounds) * (4 + 2);
    plan.figure("changes missing or too many", (done - wanted).abs(), "<= 0");
    assert_eq!(done, wanted);
}

/// Two units of work, of which one must be run again.
async fn collide(
    database: &Database,
    level: &str,
    changes: &[Vec<i32>; 2],
    attempts: &AtomicUsize,
) {
    let meeting = Barrier::new(2);
    let [one, other] = changes;
    let one = change_rows(database, level, one, attempts, &meeting);
    let other = change_rows(database, level, other, attempts, &meeting);
    let (one, other) = tokio::join!(one, other);
    one.unwrap();
    other.unwrap();
}

async fn change_rows(
    database: &Database,
    level: &str,
    rows: &[i32],
    attempts: &AtomicUsize,
    meeting: &Barrier,
) -> Result<(), Error> {
    let mine = AtomicUsize::new(0);
    let work = async |tx: Tx| -> Result<(), Error> {
        attempts.fetch_add(1, Ordering::Relaxed);
        tx.execute_unprepared(&format!("SET TRANSACTION ISOLATION LEVEL {level}"))
            .await?;
        tx.query_one_raw(sql("SELECT sum(value) FROM counters"))
            .await?;
        let is_first_attempt = mine.fetch_add(1, Ordering::Relaxed) == 0;
        for (place, row) in rows.iter().enumerate() {
            change(&tx, *row).await?;
            if is_first_attempt && place == 0 {
                meeting.wait().await;
            }
        }
        Ok(())
    };
    database.write(work).await
}

/// How often the database ran a unit of work again for `reason`.
fn retries(database: &Database, reason: &str) -> f64 {
    let families = database.collector().unwrap().collect();
    let counted = families
        .iter()
        .filter(|family| family.name() == "tallystick_db_retries_total")
        .flat_map(MetricFamily::get_metric)
        .filter(|metric| {
            metric
                .get_label()
                .iter()
                .any(|label| label.value() == reason)
        });
    counted.map(|metric| metric.get_counter().get_value()).sum()
}

async fn change(tx: &Tx, id: i32) -> Result<(), Error> {
    let change = format!("UPDATE counters SET value = value + 1 WHERE id = {id}");
    tx.execute_raw(sql(&change)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_was_too_slow_is_not_run_again() {
    let plan = Plan::of("unit of work past its limit");
    let Some(site) = Site::start().await else {
        return;
    };
    let settings = Settings {
        command_timeout: Duration::from_millis(200),
        ..site.settings()
    };
    let database = Database::connect(&settings).await.unwrap();
    let attempts = AtomicUsize::new(0);
    let work = async |tx: Tx| -> Result<(), Error> {
        attempts.fetch_add(1, Ordering::Relaxed);
        tx.query_one_raw(sql("SELECT pg_sleep(20)")).await?;
        Ok(())
    };
    let cut = database.write_once(work).await.unwrap_err();
    plan.figure("attempts", attempts.load(Ordering::Relaxed), "<= 1");
    assert!(matches!(cut, Error::TimedOut(_)), "{cut:?}");
    assert_eq!(cut.sqlstate().as_deref(), Some("57014"));
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
}

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, text)
}
