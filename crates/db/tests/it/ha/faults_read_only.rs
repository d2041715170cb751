//! The primary is gone and a replica is there: reads go on, writes are refused.

use std::time::{Duration, Instant};

use db::{Connectivity, Database, Error, ReplicaState};

use crate::ha::{
    load::{Running, create_tables, write_key},
    support::{
        WHICH_PORT, ask, blocking, figure, is_without_postgres, milliseconds, pair, random, until,
        with_replica,
    },
};

const GENEROUS: Duration = Duration::from_secs(10);
const SCENARIO: &str = "read-only mode";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_go_on_from_the_replica_while_the_primary_is_away() {
    if is_without_postgres() {
        return;
    }
    let mut random = random(SCENARIO);
    let (primary, replica) = pair("");
    let database = Database::connect(&with_replica(&primary, &replica))
        .await
        .unwrap();
    create_tables(&database).await;
    write_key(&database, 1).await.unwrap();
    blocking(|| replica.catch_up_with(&primary));
    until("the replica is connected", async || {
        database.replicas()[0].state == ReplicaState::Connected
    })
    .await;
    let running = Running::readers_only(&database);
    tokio::time::sleep(Duration::from_millis(200 + random.u64(..300))).await;

    let before = Instant::now();
    blocking(|| primary.kill_9());
    let seen = until("it is seen to be read-only", async || {
        database.connectivity().await == Connectivity::ReadOnly
    });
    seen.await;
    figure(
        SCENARIO,
        "seen after",
        milliseconds(before.elapsed()),
        "1000 ms",
    );
    refuses_writes(&database).await;
    let port: i32 = ask(database.reader(), WHICH_PORT).await.unwrap();
    assert_eq!(port, i32::from(replica.port()));

    blocking(|| primary.start_again());
    comes_back(&database).await;
    let port: i32 = ask(database.reader(), WHICH_PORT).await.unwrap();
    assert_eq!(port, i32::from(primary.port()));
    let load = running.stop();
    figure(SCENARIO, "reads", load.reads(), "-");
    figure(SCENARIO, "reads failed", load.failed_reads().len(), "0");
    figure(
        SCENARIO,
        "longest read",
        milliseconds(load.longest_read()),
        "-",
    );
    assert_eq!(load.failed_reads().first(), None);
}

async fn refuses_writes(database: &Database) {
    for patience in ["first", "later"] {
        let asked = Instant::now();
        let refused = write_key(database, 2).await;
        assert!(matches!(refused, Err(Error::ReadOnly(_))), "{refused:?}");
        let what = format!("the {patience} write is refused after");
        figure(SCENARIO, &what, milliseconds(asked.elapsed()), "2000 ms");
        assert!(asked.elapsed() < GENEROUS);
    }
}

async fn comes_back(database: &Database) {
    let started = Instant::now();
    until("writes go on", async || {
        write_key(database, 3).await.is_ok()
    })
    .await;
    let writes = started.elapsed();
    figure(
        SCENARIO,
        "writes again after the start",
        milliseconds(writes),
        "1000 ms",
    );
    assert!(writes < GENEROUS, "{writes:?}");
    assert_eq!(database.connectivity().await, Connectivity::Connected);
}
