//! A caller never sees less than it has written, whichever server answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use db::{ConnectionTrait, Database, Error, Position, Reads, Tx};
use sea_orm::Statement;
use testservers::Cluster;

use crate::ha::support::{
    ask, client, execute, figure, is_without_postgres, pair, random, until, with_replica,
};

const SCENARIO: &str = "read your writes";
const CALLERS: usize = 8;
const ROUNDS_OF_EACH: usize = 125;

#[derive(Default)]
struct Answers {
    by_replica: AtomicUsize,
    by_primary: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_never_sees_less_than_it_wrote() {
    if is_without_postgres() {
        return;
    }
    let mut random = random(SCENARIO);
    let (primary, replica) = pair("");
    let database = Database::connect(&with_replica(&primary, &replica))
        .await
        .unwrap();
    execute(
        &database,
        "CREATE TABLE counters (caller int PRIMARY KEY, value bigint)",
    )
    .await;
    until("a position is known", async || {
        !database.replicas().is_empty()
    })
    .await;

    let answers = Arc::new(Answers::default());
    let stop = Arc::new(AtomicBool::new(false));
    let pauses = hold_back(&replica, random.fork(), Arc::clone(&stop)).await;
    let callers = (0..CALLERS).map(|caller| {
        let (database, answers) = (database.clone(), Arc::clone(&answers));
        let random = random.fork();
        client(async move || write_and_read(&database, caller, random, &answers).await)
    });
    for caller in callers.collect::<Vec<_>>() {
        tokio::task::block_in_place(|| caller.join()).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let pauses = pauses.await.unwrap();

    let by_replica = answers.by_replica.load(Ordering::Relaxed);
    let by_primary = answers.by_primary.load(Ordering::Relaxed);
    figure(SCENARIO, "interleavings", CALLERS * ROUNDS_OF_EACH, "1000");
    figure(SCENARIO, "reads that saw less", 0, "0");
    figure(SCENARIO, "answered by the replica", by_replica, "some");
    figure(SCENARIO, "answered by the primary", by_primary, "some");
    figure(SCENARIO, "pauses of the replay", pauses, "-");
    assert!(by_replica > 0 && by_primary > 0, "one of them answered all");
}

/// Pauses the replica's replay and lets it go on, again and again.
async fn hold_back(
    replica: &Cluster,
    mut random: fastrand::Rng,
    stop: Arc<AtomicBool>,
) -> tokio::task::JoinHandle<usize> {
    let mut options = sea_orm::ConnectOptions::new(replica.url("postgres"));
    options.max_connections(1).sqlx_logging(false);
    let connection = sea_orm::Database::connect(options).await.unwrap();
    tokio::spawn(async move {
        let mut pauses = 0;
        while !stop.load(Ordering::Relaxed) {
            for action in ["pause", "resume"] {
                let sql = format!("SELECT pg_wal_replay_{action}()");
                connection.execute_unprepared(&sql).await.unwrap();
                tokio::time::sleep(Duration::from_millis(random.u64(20..400))).await;
            }
            pauses += 1;
        }
        pauses
    })
}

async fn write_and_read(
    database: &Database,
    caller: usize,
    mut random: fastrand::Rng,
    answers: &Answers,
) {
    for value in 1..=i64::try_from(ROUNDS_OF_EACH).unwrap() {
        let position = write_as_request(database, caller, value, random.bool()).await;
        tokio::time::sleep(pause(&mut random)).await;
        read_as_another_request(database, caller, value, position, &mut random, answers).await;
    }
}

/// Mostly at once; now and then long enough for the replica to follow.
fn pause(random: &mut fastrand::Rng) -> Duration {
    Duration::from_millis(match random.u8(..10) {
        0..5 => 0,
        5..9 => random.u64(..30),
        _ => random.u64(200..600),
    })
}

async fn write_as_request(
    database: &Database,
    caller: usize,
    value: i64,
    with_noise: bool,
) -> Option<Position> {
    let request = database.for_caller(Reads::Replica, None);
    request
        .write(async |tx| store(&tx, caller, value).await)
        .await
        .unwrap();
    let position = request.position();
    assert!(position.is_some());
    if with_noise {
        // Another caller's write, further in the log.
        let other = database.for_caller(Reads::Replica, None);
        other
            .write(async |tx| store(&tx, caller + CALLERS, value).await)
            .await
            .unwrap();
    }
    position
}

async fn store(tx: &Tx, caller: usize, value: i64) -> Result<(), Error> {
    let sql = "INSERT INTO counters VALUES ($1, $2)
        ON CONFLICT (caller) DO UPDATE SET value = excluded.value";
    let values = [i32::try_from(caller).unwrap().into(), value.into()];
    let backend = tx.get_database_backend();
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(())
}

async fn read_as_another_request(
    database: &Database,
    caller: usize,
    written: i64,
    position: Option<Position>,
    random: &mut fastrand::Rng,
    answers: &Answers,
) {
    let request = database.for_caller(Reads::Replica, position);
    let (value, in_recovery) = if random.bool() {
        value_of(request.reader(), caller).await.unwrap()
    } else {
        let read = request.read(async |tx| value_of(&tx, caller).await);
        read.await.unwrap()
    };
    assert!(
        value >= written,
        "caller {caller} wrote {written} and sees {value}"
    );
    let counter = if in_recovery {
        &answers.by_replica
    } else {
        &answers.by_primary
    };
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Its value, and whether a replica says so.
async fn value_of(connection: &impl ConnectionTrait, caller: usize) -> Result<(i64, bool), Error> {
    let sql = format!("SELECT value, pg_is_in_recovery() FROM counters WHERE caller = {caller}");
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?.unwrap();
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

/// The question for the position comes after the COMMIT: whoever was told that it was refused would
/// write again what is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_is_not_refused_by_what_comes_behind_it() {
    if is_without_postgres() {
        return;
    }
    let (primary, replica) = pair("");
    let owner = Database::connect(&with_replica(&primary, &replica))
        .await
        .unwrap();
    execute(
        &owner,
        "CREATE TABLE notes (number int); CREATE ROLE clerk LOGIN; GRANT ALL ON notes TO clerk;
         REVOKE EXECUTE ON FUNCTION pg_current_wal_insert_lsn() FROM PUBLIC",
    )
    .await;
    let mut settings = with_replica(&primary, &replica);
    settings.url = settings.url.replace("tallystick@", "clerk@");
    let clerk = Database::connect(&settings).await.unwrap();
    let written = clerk
        .write(async |tx: Tx| -> Result<(), Error> {
            tx.execute_unprepared("INSERT INTO notes VALUES (1)")
                .await?;
            Ok(())
        })
        .await;
    assert!(
        matches!(written, Err(Error::OutcomeUnknown(_))),
        "{written:?}"
    );
    let kept: i64 = ask(&owner, "SELECT count(*) FROM notes").await.unwrap();
    assert_eq!(kept, 1);
}
