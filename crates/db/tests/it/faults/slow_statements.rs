//! Statements that would take far too long, many at once.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Database, Error, Settings, Tx};
use futures_util::future::join_all;
use sea_orm::Statement;

use super::{plan::Plan, site::Site};

const LIMIT: Duration = Duration::from_secs(1);
const FOR_EVER: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
     SELECT count(*) FROM n WHERE i < 0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_cuts_each_at_its_limit() {
    let plan = Plan::of("slow statements on PostgreSQL");
    let Some(site) = Site::start().await else {
        return;
    };
    let settings = limited(site.settings());
    storm(
        &plan,
        &Database::connect(&settings).await.unwrap(),
        "SELECT pg_sleep(60)",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_cuts_each_at_its_limit() {
    let plan = Plan::of("slow statements on SQLite");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/slow.db", folder.path().display());
    let settings = limited(Settings::new(url));
    let database = Database::connect(&settings).await.unwrap();
    storm(&plan, &database, FOR_EVER).await;
}

fn limited(settings: Settings) -> Settings {
    Settings {
        command_timeout: LIMIT,
        ..settings
    }
}

async fn storm(plan: &Plan, database: &Database, endless: &str) {
    let attempts = AtomicUsize::new(0);
    let statement = Statement::from_string(database.get_database_backend(), endless);
    let reads = (0..plan.choose(4, 16)).map(|_| async {
        let work = async |tx: Tx| -> Result<(), Error> {
            attempts.fetch_add(1, Ordering::Relaxed);
            tx.query_one_raw(statement.clone()).await?;
            Ok(())
        };
        let start = Instant::now();
        let outcome = database.read(work).await;
        (start.elapsed(), outcome)
    });
    let alone = async {
        let start = Instant::now();
        let outcome = database.query_one_raw(statement.clone()).await;
        (start.elapsed(), outcome.map(drop).map_err(Error::from))
    };
    let (mut answers, answer) = tokio::join!(join_all(reads), alone);
    let reads = answers.len();
    answers.push(answer);

    let slowest = answers.iter().map(|(took, _)| *took).max().unwrap();
    let goal = LIMIT.mul_f64(1.1);
    plan.note("statements at once", answers.len());
    plan.time("slowest is cut after", slowest, goal);
    plan.figure(
        "attempts too many",
        attempts.load(Ordering::Relaxed) - reads,
        "<= 0",
    );
    assert!(slowest < goal * 8, "{slowest:?}");
    assert_eq!(attempts.load(Ordering::Relaxed), reads, "none is run again");
    for (took, outcome) in answers {
        assert!(matches!(outcome, Err(Error::TimedOut(_))), "{outcome:?}");
        assert!(took >= LIMIT, "{took:?}");
    }
}
