//! Replicas take reads as long as they are fit for it, and their troubles stay theirs.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use db::{Database, Error, Priority, Reads, ReplicaState, Settings};
use futures_util::TryStreamExt;
use sea_orm::{DbBackend, Statement, StreamTrait};
use testservers::Cluster;

use crate::ha::support::{
    WHICH_PORT, ask, ask_all, blocking, execute, figure, is_without_postgres, milliseconds, pair,
    until, with_replica,
};

/// A primary with a replica, a table of rows, and a caller who may read from the replica.
struct Stage {
    primary: Cluster,
    replica: Cluster,
    database: Database,
    caller: Database,
}

impl Stage {
    async fn open(extra: &str, change: impl FnOnce(&mut Settings)) -> Option<Self> {
        if is_without_postgres() {
            return None;
        }
        let (primary, replica) = pair(extra);
        let mut settings = with_replica(&primary, &replica);
        change(&mut settings);
        let database = Database::connect(&settings).await.unwrap();
        let table = "CREATE TABLE rows AS SELECT n AS number FROM generate_series(1, 1000) AS n";
        execute(&database, table).await;
        blocking(|| replica.catch_up_with(&primary));
        let stage = Self {
            caller: database.for_caller(Reads::Replica, None),
            primary,
            replica,
            database,
        };
        stage.until_replica_is(ReplicaState::Connected).await;
        stage.until_replica_answers().await;
        Some(stage)
    }

    async fn until_replica_is(&self, state: ReplicaState) -> Duration {
        let what = format!("the replica is {}", state.as_str());
        until(&what, async || self.database.replicas()[0].state == state).await
    }

    async fn until_replica_answers(&self) -> Duration {
        until("the replica answers", async || {
            port_of(&self.caller).await == self.replica.port()
        })
        .await
    }
}

async fn port_of(database: &Database) -> u16 {
    let port: i32 = ask(database.reader(), WHICH_PORT).await.unwrap();
    u16::try_from(port).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_go_where_their_caller_allows() {
    let Some(stage) = Stage::open("", |_| {}).await else {
        return;
    };
    let (primary, replica) = (stage.primary.port(), stage.replica.port());
    for (reads, expected) in [(Reads::Primary, primary), (Reads::Replica, replica)] {
        for priority in [Priority::Application, Priority::Background] {
            let caller = stage
                .database
                .for_caller(reads, None)
                .with_priority(priority);
            assert_eq!(port_of(&caller).await, expected, "{reads:?} {priority:?}");
            let in_unit: i32 = caller
                .read(async |tx| Ok::<_, Error>(ask(&tx, WHICH_PORT).await?))
                .await
                .unwrap();
            assert_eq!(in_unit, i32::from(expected), "{reads:?} {priority:?}");
            let written: i32 = caller
                .write(async |tx| Ok::<_, Error>(ask(&tx, WHICH_PORT).await?))
                .await
                .unwrap();
            assert_eq!(written, i32::from(primary), "a unit that may write");
        }
    }
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE $$tallystick \
                    application %$$";
    let sessions = blocking(|| stage.replica.psql("postgres", sessions));
    assert_ne!(sessions, "0");
}

/// Not in a unit of work, but as a single statement.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_single_statement_that_writes_is_seen_by_its_caller() {
    let Some(stage) = Stage::open("", |_| {}).await else {
        return;
    };
    blocking(|| stage.replica.pause_replay());
    let request = stage.database.for_caller(Reads::Replica, None);
    execute(&request, "DELETE FROM rows WHERE number = 1").await;
    let position = request.position();
    assert!(position.is_some());
    for caller in [request, stage.database.for_caller(Reads::Replica, position)] {
        let left: i64 = ask(caller.reader(), "SELECT count(*) FROM rows")
            .await
            .unwrap();
        assert_eq!(left, 999);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_that_lags_is_left_out_and_comes_back() {
    let scenario = "lagging replica";
    let most_lag = Duration::from_millis(500);
    let stage = Stage::open("", |settings| settings.replica_max_lag = most_lag).await;
    let Some(stage) = stage else {
        return;
    };
    blocking(|| stage.replica.pause_replay());
    execute(&stage.database, "DELETE FROM rows WHERE number = 1").await;
    let left_out = stage.until_replica_is(ReplicaState::Lagging).await;
    figure(
        scenario,
        "left out after",
        milliseconds(left_out),
        "500 ms and a look",
    );
    let lag = stage.database.replicas()[0].lag.unwrap();
    assert!(lag > most_lag, "{lag:?}");
    assert_eq!(port_of(&stage.caller).await, stage.primary.port());

    blocking(|| stage.replica.resume_replay());
    let back = stage.until_replica_is(ReplicaState::Connected).await;
    figure(scenario, "back after", milliseconds(back), "a look");
    stage.until_replica_answers().await;
}

/// Its log then ends between two records, in a header that no replica replays by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_of_an_idle_primary_does_not_lag() {
    let most_lag = Duration::from_millis(500);
    let stage = Stage::open("", |settings| settings.replica_max_lag = most_lag).await;
    let Some(stage) = stage else {
        return;
    };
    blocking(|| stage.primary.psql("postgres", "SELECT pg_switch_wal()"));
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end {
        let status = stage.database.replicas().remove(0);
        assert_eq!(status.state, ReplicaState::Connected, "{status:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_that_dies_leaves_its_reads_to_the_primary() {
    let Some(stage) = Stage::open("", |_| {}).await else {
        return;
    };
    let slow = "SELECT inet_server_port() FROM pg_sleep(1)";
    let single = ask::<i32>(stage.caller.reader(), slow);
    let runs = AtomicUsize::new(0);
    let in_unit = stage.caller.read(async |tx| {
        runs.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Error>(ask::<i32>(&tx, slow).await?)
    });
    let death = async {
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        until("both are at work", async || {
            blocking(|| stage.replica.psql("postgres", asleep)) == "2"
        })
        .await;
        blocking(|| stage.replica.kill_9());
    };
    let (single, in_unit, ()) = tokio::join!(single, in_unit, death);
    let primary = i32::from(stage.primary.port());
    assert_eq!((single.unwrap(), in_unit.unwrap()), (primary, primary));
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    stage.until_replica_is(ReplicaState::Disconnected).await;
    assert_eq!(stage.database.replicas()[0].lag, None);
    assert_eq!(port_of(&stage.caller).await, stage.primary.port());

    blocking(|| stage.replica.start_again());
    let back = stage.until_replica_answers().await;
    figure(
        "dead replica",
        "answers again after",
        milliseconds(back),
        "1000 ms",
    );
}

/// Removes rows on the primary so that the replica must remove them under its readers.
fn remove_rows(stage: &Stage) {
    blocking(|| {
        stage
            .primary
            .psql("postgres", "DELETE FROM rows WHERE number > 500")?;
        stage.primary.psql("postgres", "VACUUM rows")?;
        stage.replica.catch_up_with(&stage.primary)
    });
}

async fn remove_rows_under(stage: &Stage) {
    let at_work = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    until("the statement runs", async || {
        blocking(|| stage.replica.psql("postgres", at_work)) == "1"
    })
    .await;
    remove_rows(stage);
}

const AT_ONCE: &str = "max_standby_streaming_delay = 0\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_snapshot_that_the_replica_cancels_is_taken_on_the_primary() {
    let Some(stage) = Stage::open(AT_ONCE, |_| {}).await else {
        return;
    };
    let ports = std::sync::Mutex::new(Vec::new());
    let (before, after) = stage
        .caller
        .read(async |tx| {
            let port: i32 = ask(&tx, WHICH_PORT).await?;
            ports.lock().unwrap().push(port);
            let before: i64 = ask(&tx, "SELECT count(*) FROM rows").await?;
            if before == 1000 {
                remove_rows(&stage);
            }
            let after: i64 = ask(&tx, "SELECT count(*) FROM rows").await?;
            Ok::<_, Error>((before, after))
        })
        .await
        .unwrap();
    assert_eq!((before, after), (500, 500), "one snapshot, taken again");
    let expected = [&stage.replica, &stage.primary].map(|server| i32::from(server.port()));
    assert_eq!(ports.into_inner().unwrap(), expected);
    assert_eq!(
        port_of(&stage.caller).await,
        stage.replica.port(),
        "the next goes there again"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_statement_that_the_replica_cancels_is_repeated_on_the_primary() {
    let Some(stage) = Stage::open(AT_ONCE, |_| {}).await else {
        return;
    };
    let slow = "SELECT number FROM rows WHERE (SELECT true FROM pg_sleep(0.002 + number * 0))";
    let rows = ask_all::<i32>(stage.caller.reader(), slow);
    let (rows, ()) = tokio::join!(rows, remove_rows_under(&stage));
    assert_eq!(rows.unwrap().len(), 500, "what the primary has");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_the_replica_cancels_before_its_first_row_is_begun_on_the_primary() {
    let Some(stage) = Stage::open(AT_ONCE, |_| {}).await else {
        return;
    };
    let slow = "SELECT number FROM rows WHERE (SELECT true FROM pg_sleep(0.002 + number * 0))
        ORDER BY number";
    let rows = async {
        let statement = Statement::from_string(DbBackend::Postgres, slow);
        let rows = stage.caller.reader().stream_raw(statement).await?;
        rows.try_collect::<Vec<_>>().await
    };
    let (rows, ()) = tokio::join!(rows, remove_rows_under(&stage));
    assert_eq!(rows.unwrap().len(), 500, "what the primary has");
}
