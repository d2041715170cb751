//! Behind pgbouncer in transaction mode, many clients share few sessions and notice nothing.

use std::time::Duration;

use db::{Connectivity, Database, Error, Settings};
use futures_util::TryStreamExt;
use sea_orm::{
    ConnectionTrait, DbErr, QueryResult, Statement, StreamTrait, TransactionSession,
    TransactionTrait,
};
use testkit::migration;
use testservers::Cluster;

use crate::ha::{
    pooler::{Pooler, ROLE},
    support::{
        ask, blocking, client, execute, figure, is_long, is_without_postgres, random, server, until,
    },
};

const SCENARIO: &str = "pgbouncer";
const CLIENTS: i64 = 16;
const SERVER_CONNECTIONS: u32 = 2;

struct Stage {
    database: Database,
    _pooler: Pooler,
    cluster: Cluster,
}

impl Stage {
    async fn open(change: impl FnOnce(&mut Settings)) -> Option<Self> {
        if is_without_postgres() {
            return None;
        }
        let cluster = server();
        let pooler = Pooler::start(&cluster, SERVER_CONNECTIONS)?;
        blocking(|| {
            cluster.psql("postgres", &format!("CREATE ROLE {ROLE} SUPERUSER LOGIN"))?;
            cluster.create_database("books")
        });
        let mut settings = Settings {
            behind_pgbouncer: true,
            direct_url: Some(cluster.url("books")),
            ..Settings::new(pooler.url("books"))
        };
        change(&mut settings);
        let database = Database::connect(&settings).await.unwrap();
        Some(Self {
            database,
            _pooler: pooler,
            cluster,
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn migrations_go_past_it_and_the_rest_through_it() {
    let Some(stage) = Stage::open(|_| {}).await else {
        return;
    };
    migration::up(&stage.database).await.unwrap();
    migration::require_current(&stage.database).await.unwrap();
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'users'";
    let owner: String = ask(stage.database.reader(), owner).await.unwrap();
    assert_eq!(owner, "tallystick", "who came by the direct address");
    let role: String = ask(stage.database.reader(), "SELECT current_user::text")
        .await
        .unwrap();
    assert_eq!(role, ROLE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_statement_ends_at_its_limit() {
    let limit = Duration::from_millis(300);
    let Some(stage) = Stage::open(|settings| settings.command_timeout = limit).await else {
        return;
    };
    let slow = "SELECT 1 FROM pg_sleep(20)";
    let single = ask::<i32>(stage.database.reader(), slow)
        .await
        .map_err(Error::from);
    assert!(matches!(single, Err(Error::TimedOut(_))), "{single:?}");
    let unit: Result<i32, Error> = stage
        .database
        .read(async |tx| Ok(ask(&tx, slow).await?))
        .await;
    assert!(matches!(unit, Err(Error::TimedOut(_))), "{unit:?}");
    let write: Result<i32, Error> = stage
        .database
        .write(async |tx| Ok(ask(&tx, slow).await?))
        .await;
    assert!(matches!(write, Err(Error::TimedOut(_))), "{write:?}");
    let others = blocking(|| stage.cluster.psql("books", "SHOW statement_timeout"));
    assert_eq!(others, "0");
    until("no server connection is at work", async || {
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        blocking(|| stage.cluster.psql("books", busy)) == "0"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_clients_share_few_sessions_and_nothing_else() {
    let Some(stage) = Stage::open(|_| {}).await else {
        return;
    };
    let mut random = random(SCENARIO);
    let table = "CREATE TABLE notes (client bigint, round bigint, PRIMARY KEY (client, round))";
    execute(&stage.database, table).await;
    let rounds = if is_long() { 500 } else { 40 };
    let clients = (0..CLIENTS).map(|number| {
        let (database, random) = (stage.database.clone(), random.fork());
        client(async move || work(&database, number, rounds, random).await)
    });
    for client in clients.collect::<Vec<_>>() {
        tokio::task::block_in_place(|| client.join()).unwrap();
    }
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'pooled'";
    let sessions: i64 = ask(stage.database.reader(), sessions).await.unwrap();
    figure(SCENARIO, "clients", CLIENTS, "16");
    figure(SCENARIO, "sessions of the server", sessions, "2");
    figure(SCENARIO, "rounds of each", rounds, "-");
    assert!(sessions <= i64::from(SERVER_CONNECTIONS));
    let kept: i64 = ask(stage.database.reader(), "SELECT count(*) FROM notes")
        .await
        .unwrap();
    assert_eq!(kept, CLIENTS * rounds);
    assert_eq!(stage.database.connectivity().await, Connectivity::Connected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn users_share_few_sessions_and_each_is_told_apart() {
    let Some(stage) = Stage::open(|_| {}).await else {
        return;
    };
    let clients = (0..CLIENTS).map(|number| {
        let told = (number > 0).then(uuid::Uuid::now_v7);
        let database = match told {
            Some(user) => stage.database.for_tenant(user),
            // One among them names nobody.
            None => stage.database.clone(),
        };
        let told = told.map_or_else(String::new, |user| user.to_string());
        client(async move || {
            let question = "SELECT coalesce(current_setting('app.user_id', true), '')";
            for _ in 0..100 {
                assert_eq!(
                    ask::<String>(database.reader(), question).await.unwrap(),
                    told
                );
                assert_eq!(ask::<String>(&database, question).await.unwrap(), told);
                let work = async |tx: db::Tx| Ok::<String, Error>(ask(&tx, question).await?);
                assert_eq!(database.write(work).await.unwrap(), told);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        tokio::task::block_in_place(|| client.join()).unwrap();
    }
}

/// A read, a stream, and a write with a savepoint, in any order.
async fn work(database: &Database, client: i64, rounds: i64, mut random: fastrand::Rng) {
    for round in 0..rounds {
        let mut steps = [0, 1, 2];
        random.shuffle(&mut steps);
        for step in steps {
            let done = match step {
                0 => read(database, client).await,
                1 => stream(database, i64::from(random.u8(..))).await,
                _ => write(database, client, round).await,
            };
            done.unwrap_or_else(|error| panic!("client {client}, step {step}: {error:?}"));
        }
    }
}

async fn read(database: &Database, client: i64) -> Result<(), Error> {
    let echo = with_value("SELECT $1::bigint + count(*) * 0 FROM notes", client);
    let row = database
        .reader()
        .query_one_raw(echo.clone())
        .await?
        .unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0)?, client);
    database
        .read(async |tx| {
            expect_no_caller(&tx).await?;
            let row = tx.query_one_raw(echo.clone()).await?.unwrap();
            assert_eq!(row.try_get_by_index::<i64>(0)?, client);
            Ok(())
        })
        .await
}

async fn stream(database: &Database, number: i64) -> Result<(), Error> {
    let numbers = with_value("SELECT n FROM generate_series(1, $1::bigint) AS n", number);
    let rows = database.reader().stream_raw(numbers).await?;
    let numbers: Vec<i64> = rows
        .and_then(async |row: QueryResult| row.try_get_by_index::<i64>(0))
        .try_collect()
        .await?;
    assert_eq!(numbers, (1..=number).collect::<Vec<_>>());
    Ok(())
}

/// What the savepoint did is undone, what stands around it is kept.
async fn write(database: &Database, client: i64, round: i64) -> Result<(), Error> {
    database
        .write(async |tx| {
            expect_no_caller(&tx).await?;
            tx.execute_unprepared(&format!("SET LOCAL app.caller = '{client}'"))
                .await?;
            let insert = format!("INSERT INTO notes SELECT $1, {round}");
            let savepoint = tx.begin().await?;
            savepoint.execute_raw(with_value(&insert, client)).await?;
            let twice = savepoint.execute_raw(with_value(&insert, client)).await;
            assert!(twice.is_err(), "the same row twice");
            savepoint.rollback().await?;
            tx.execute_raw(with_value(&insert, client)).await?;
            assert_eq!(caller(&tx).await?.as_deref(), Some(&*client.to_string()));
            Ok(())
        })
        .await
}

async fn expect_no_caller(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let caller = caller(connection).await?;
    assert!(
        caller.as_deref().unwrap_or_default().is_empty(),
        "of another: {caller:?}"
    );
    Ok(())
}

async fn caller(connection: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    ask(connection, "SELECT current_setting('app.caller', true)").await
}

fn with_value(sql: &str, value: i64) -> Statement {
    Statement::from_sql_and_values(sea_orm::DbBackend::Postgres, sql, [value.into()])
}

/// All sessions are held for long, and what holds them is not given up for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn work_that_holds_all_sessions_is_no_outage() {
    let Some(stage) = Stage::open(|_| {}).await else {
        return;
    };
    let holders = (0..SERVER_CONNECTIONS).map(|_| {
        stage
            .database
            .write(async |tx| Ok::<i32, Error>(ask(&tx, "SELECT 1 FROM pg_sleep(5)").await?))
    });
    for held in futures_util::future::join_all(holders).await {
        assert!(held.is_ok(), "{held:?}");
    }
}
