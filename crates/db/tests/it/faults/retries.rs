//! Units of work that the database breaks off for another's sake.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Database, Error, Settings, Tx};
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
    for (what, level) in [
        ("deadlock", "READ COMMITTED"),
        ("serialization failure", "SERIALIZABLE"),
    ] {
        let attempts = AtomicUsize::new(0);
        let start = Instant::now();
        for _ in 0..rounds {
            Box::pin(collide(&database, level, &attempts)).await;
        }
        let attempts = attempts.load(Ordering::Relaxed);
        plan.note(&format!("{what}: units of work"), rounds * 2);
        plan.note(&format!("{what}: attempts"), attempts);
        plan.note(
            &format!("{what}: time for both"),
            format!("{:.3} s", start.elapsed().as_secs_f64() / f64::from(rounds)),
        );
        assert!(
            attempts > usize::from(rounds) * 2,
            "they collided: {attempts}"
        );
    }
    let done = witness.number("SELECT sum(value) FROM counters").await;
    let wanted = i64::from(rounds) * 2 * 2 * 2;
    plan.figure("changes missing or too many", (done - wanted).abs(), "<= 0");
    assert_eq!(done, wanted);
}

/// Two units of work that change the same two rows in opposite order.
async fn collide(database: &Database, level: &str, attempts: &AtomicUsize) {
    let meeting = Barrier::new(2);
    let one = change_both(database, level, [1, 2], attempts, &meeting);
    let other = change_both(database, level, [2, 1], attempts, &meeting);
    let (one, other) = tokio::join!(one, other);
    one.unwrap();
    other.unwrap();
}

async fn change_both(
    database: &Database,
    level: &str,
    order: [i32; 2],
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
        change(&tx, order[0]).await?;
        if mine.fetch_add(1, Ordering::Relaxed) == 0 {
            meeting.wait().await;
        }
        change(&tx, order[1]).await
    };
    database.write(work).await
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
