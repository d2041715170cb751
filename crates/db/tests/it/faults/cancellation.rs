//! Callers that go away at any point of what they asked for.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use db::{ConnectionTrait, Database, Error, Settings, Tx};
use fastrand::Rng;
use futures_util::future::join_all;
use sea_orm::Statement;

use super::{
    deeds::{self, Found},
    plan::Plan,
    site::{OPEN_TRANSACTIONS, Site},
};

/// The ways into a database.
const WAYS: [Way; 4] = [Way::Write, Way::Read, Way::Reader, Way::Alone];
/// Behind the key of a unit of work, for what it does at its end.
const SECOND_HALF: &str = " to the end";
const THOUGHT: Duration = Duration::from_millis(50);
const ONE_WAY: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug)]
enum Way {
    Write,
    Read,
    Reader,
    Alone,
}

/// What callers saw.
#[derive(Default)]
struct Seen {
    acknowledged: Vec<String>,
    cancelled: usize,
    errors: Vec<Error>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_every_point_of_a_round_trip() {
    let plan = Plan::of("cancelled at each point of a 100 ms round trip");
    let Some((site, database)) = prepare(64).await else {
        return;
    };
    site.proxy.set_delay(ONE_WAY);
    let step = plan.choose(20, 10);
    let mut seen = Seen::default();
    for round in 0..plan.choose(1, 10) {
        for way in WAYS {
            let points = (0..=1_200).step_by(step).map(Duration::from_millis);
            let calls = points.enumerate().map(|(number, point)| {
                let name = format!("{way:?}-{round}-{number}");
                call_and_leave(database.clone(), way, name, point)
            });
            join_all(calls)
                .await
                .into_iter()
                .for_each(|one| seen.add(one));
        }
    }
    site.proxy.set_delay(Duration::ZERO);
    judge(&plan, &site, &database, seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_random_under_load() {
    let plan = Plan::of("cancelled at random under load");
    let Some((site, database)) = prepare(16).await else {
        return;
    };
    site.proxy.set_delay(Duration::from_millis(1));
    let wanted = plan.choose(1_000, 10_000);
    let clients: u64 = plan.choose(16, 64);
    let cancelled = AtomicUsize::new(0);
    let lives = (0..clients).map(|client| {
        let mut random = Rng::with_seed(plan.seed.wrapping_add(client));
        let (database, cancelled) = (database.clone(), &cancelled);
        async move {
            let mut seen = Seen::default();
            let mut number = 0;
            while cancelled.load(Ordering::Relaxed) < wanted {
                let way = WAYS[random.usize(..WAYS.len())];
                let point = Duration::from_micros(random.u64(..80_000));
                let name = format!("client{client}-{number}");
                let one = call_and_leave(database.clone(), way, name, point).await;
                cancelled.fetch_add(one.cancelled, Ordering::Relaxed);
                seen.add(one);
                number += 1;
            }
            seen
        }
    });
    let mut seen = Seen::default();
    join_all(lives)
        .await
        .into_iter()
        .for_each(|one| seen.add(one));
    site.proxy.set_delay(Duration::ZERO);
    judge(&plan, &site, &database, seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_whose_caller_has_gone_ends() {
    const GOAL: Duration = Duration::from_secs(2);
    let plan = Plan::of("query whose caller has gone");
    let Some((site, database)) = prepare(4).await else {
        return;
    };
    let asleep = "SELECT count(*) FROM pg_stat_activity
        WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'";
    let mut witness = site.witness().await;
    let sleep = database.reader().query_one_raw(sql("SELECT pg_sleep(30)"));
    let left = tokio::time::timeout(Duration::from_millis(500), sleep).await;
    assert!(left.is_err());
    assert_eq!(witness.number(asleep).await, 1);
    let patience = Duration::from_secs(20);
    let lasted = witness.time_until_none(asleep, patience).await;
    plan.time("it runs on for", lasted, GOAL);
    assert!(lasted < GOAL * 5, "{lasted:?}");
}

async fn prepare(connections: u32) -> Option<(Site, Database)> {
    let site = Site::start().await?;
    deeds::prepare(&site).await;
    let settings = Settings {
        pool_max_size: connections,
        max_overflow: 0,
        acquire_timeout: Duration::from_secs(20),
        ..site.settings()
    };
    let database = Database::connect(&settings).await.unwrap();
    Some((site, database))
}

/// Leaves the call at `point`, and writes alone right afterwards: sqlx's own pool lent that write
/// the transaction that the caller had left open.
async fn call_and_leave(database: Database, way: Way, name: String, point: Duration) -> Seen {
    let mut seen = Seen::default();
    let called = format!("{name}-{way:?}");
    let call = call(&database, way, &called);
    match tokio::time::timeout(point, call).await {
        Ok(Ok(())) if matches!(way, Way::Read | Way::Reader) => {}
        Ok(outcome) => seen.note(called, outcome),
        Err(_) => seen.cancelled += 1,
    }
    let next = format!("{name}-next");
    let outcome = deeds::do_alone(&database, &next).await;
    seen.note(next, outcome);
    seen
}

async fn call(database: &Database, way: Way, key: &str) -> Result<(), Error> {
    match way {
        Way::Write => {
            let work = async |tx: Tx| {
                deeds::do_once(&tx, key).await?;
                // Callers also leave between two statements.
                tokio::time::sleep(THOUGHT).await;
                deeds::do_once(&tx, &format!("{key}{SECOND_HALF}")).await
            };
            database.write_once(work).await
        }
        Way::Alone => deeds::do_alone(database, key).await,
        Way::Read => {
            let work = async |tx: Tx| -> Result<(), Error> {
                tx.query_one_raw(sql("SELECT count(*) FROM deeds")).await?;
                tx.query_one_raw(sql("SELECT count(*) FROM effects"))
                    .await?;
                Ok(())
            };
            database.read(work).await
        }
        Way::Reader => {
            let rows = database.reader().query_all_raw(sql("SELECT * FROM deeds"));
            Ok(rows.await.map(drop)?)
        }
    }
}

fn sql(text: &str) -> Statement {
    Statement::from_string(sea_orm::DbBackend::Postgres, text)
}

impl Seen {
    fn note(&mut self, key: String, outcome: Result<(), Error>) {
        match outcome {
            Ok(()) => self.acknowledged.push(key),
            Err(error) => self.errors.push(error),
        }
    }

    fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.cancelled += other.cancelled;
        self.errors.extend(other.errors);
    }
}

async fn judge(plan: &Plan, site: &Site, database: &Database, seen: Seen) {
    let mut witness = site.witness().await;
    let patience = Duration::from_secs(2);
    let ended = witness
        .time_until_none(OPEN_TRANSACTIONS, patience * 5)
        .await;
    let failed_transactions = seen.errors.iter();
    let failed_transactions =
        failed_transactions.filter(|error| error.sqlstate().as_deref() == Some("25P02"));
    let failed_transactions = failed_transactions.count();
    let found = Found::compare(&mut witness, &seen.acknowledged).await;

    let halves = format!(
        "SELECT count(*) FROM deeds one WHERE key LIKE '%-Write' AND NOT EXISTS
         (SELECT 1 FROM deeds other WHERE other.key = one.key || '{SECOND_HALF}')"
    );
    let halves = witness.number(&halves).await;

    plan.note("cancellations", seen.cancelled);
    plan.note("acknowledged writes", seen.acknowledged.len());
    plan.figure(
        "acknowledged writes that are lost",
        found.lost.len(),
        "<= 0",
    );
    plan.figure("writes that were doubled", found.doubled.len(), "<= 0");
    plan.figure(
        "statements in a failed transaction (25P02)",
        failed_transactions,
        "<= 0",
    );
    plan.figure("other errors", seen.errors.len(), "<= 0");
    plan.figure(
        "cancelled units of work that are there by half",
        halves,
        "<= 0",
    );
    plan.time("no open transaction after", ended, patience);
    assert!(seen.errors.is_empty(), "{:?}", seen.errors);
    assert!(
        found.lost.is_empty() && found.doubled.is_empty(),
        "{found:?}"
    );
    assert_eq!(halves, 0);
    assert_eq!(witness.number(OPEN_TRANSACTIONS).await, 0);
    let status = database.pool_status();
    assert_eq!(status.waiting, 0, "{status:?}");
}
