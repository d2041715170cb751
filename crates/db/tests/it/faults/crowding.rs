//! More is asked than there are connections for.

use std::time::{Duration, Instant};

use db::{ConnectionTrait, Database, Error, Priority, Settings, Tx};
use futures_util::future::join_all;
use sea_orm::{DbBackend, Statement};

use super::{plan::Plan, site::Site};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_of_one_connection_are_all_answered() {
    let plan = Plan::of("1 connection, 200 clients");
    let Some(site) = Site::start().await else {
        return;
    };
    let settings = Settings {
        pool_min_size: 1,
        pool_max_size: 1,
        max_overflow: 0,
        ..site.settings()
    };
    let database = Database::connect(&settings).await.unwrap();
    for held in [5, 50] {
        all_answered(&plan, &database, Duration::from_millis(held)).await;
        normal_again(&plan, &database).await;
    }
}

async fn all_answered(plan: &Plan, database: &Database, held: Duration) {
    const GOAL: Duration = Duration::from_millis(2_100);
    let calls = (0..200).map(|_| {
        let database = database.clone();
        async move {
            let start = Instant::now();
            let outcome = hold(&database, held).await;
            (start.elapsed(), outcome)
        }
    });
    let answers = join_all(calls).await;
    let slowest = answers.iter().map(|(took, _)| *took).max().unwrap();
    let served = answers.iter().filter(|(_, outcome)| outcome.is_ok());
    let what = format!("held for {} ms:", held.as_millis());
    plan.note(&format!("{what} served"), served.count());
    plan.time(&format!("{what} slowest answer"), slowest, GOAL);
    assert!(slowest < GOAL * 5, "{slowest:?}");
    for (_, outcome) in answers {
        assert!(
            matches!(outcome, Ok(()) | Err(Error::Overloaded(_))),
            "{outcome:?}"
        );
    }
}

async fn hold(database: &Database, held: Duration) -> Result<(), Error> {
    let sleep = format!("SELECT pg_sleep({})", held.as_secs_f64());
    let work = async |tx: Tx| -> Result<(), Error> {
        tx.query_one_raw(sql(&sleep)).await?;
        Ok(())
    };
    database.write(work).await
}

async fn normal_again(plan: &Plan, database: &Database) {
    const GOAL: Duration = Duration::from_secs(1);
    let start = Instant::now();
    hold(database, Duration::ZERO).await.unwrap();
    let took = start.elapsed();
    plan.time("normal again after", took, GOAL);
    assert!(took < GOAL * 5, "{took:?}");
}

/// In which the flood comes to rest.
const PAUSE: Duration = Duration::from_millis(150);
/// In which the server notices that the flood has gone, and ends what it left behind.
const EBB: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_in_the_background_does_not_slow_requests() {
    let plan = Plan::of("background flood");
    let Some(site) = Site::start().await else {
        return;
    };
    let database = site.database().await;
    let rounds = plan.choose(2, 12);
    let (mut alone, mut flooded) = (Vec::new(), Vec::new());
    request_times(&database).await;
    for _ in 0..rounds {
        tokio::time::sleep(PAUSE).await;
        alone.extend(request_times(&database).await);
        let flood = tokio::spawn(flood(database.with_priority(Priority::Background)));
        tokio::time::sleep(PAUSE).await;
        flooded.extend(request_times(&database).await);
        flood.abort();
        let _ = flood.await;
        tokio::time::sleep(EBB).await;
    }
    let (alone, flooded) = (slowest_percent(alone), slowest_percent(flooded));
    let ratio = flooded.as_secs_f64() / alone.as_secs_f64();
    plan.note(
        "99 % of requests within, without",
        format!("{:.3} ms", alone.as_secs_f64() * 1e3),
    );
    plan.note(
        "99 % of requests within, with",
        format!("{:.3} ms", flooded.as_secs_f64() * 1e3),
    );
    plan.figure("the second to the first", format!("{ratio:.2}"), "<= 1.20");
    assert!(ratio < 10.0, "{ratio}");
}

/// As many as there are connections in the background, and as many again that wait.
async fn flood(database: Database) {
    let sleepers = (0..10).map(|_| async {
        let sleep = sql("SELECT pg_sleep(60)");
        let _ = database.reader().query_one_raw(sleep).await;
    });
    join_all(sleepers).await;
}

async fn request_times(database: &Database) -> Vec<Duration> {
    let clients = (0..4).map(|_| async {
        let mut times = Vec::new();
        for _ in 0..100 {
            let start = Instant::now();
            let question = sql("SELECT count(*) FROM pg_class");
            database.reader().query_one_raw(question).await.unwrap();
            times.push(start.elapsed());
        }
        times
    });
    join_all(clients).await.concat()
}

fn slowest_percent(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, text)
}
