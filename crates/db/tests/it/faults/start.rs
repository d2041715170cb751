//! Starting before the database, and a database that takes no more connections.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Connectivity, Database, Error};
use sea_orm::{DbBackend, Statement};
use sqlx::{Connection, PgConnection};
use testservers::{StopMode, free_port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use super::{plan::Plan, site::Site};

const GOAL: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_may_start_before_its_database() {
    let plan = Plan::of("started without a database");
    let Some(site) = Site::start().await else {
        return;
    };
    site.on_server(|cluster| cluster.stop(StopMode::Fast)).await;
    let settings = db::Settings {
        url: site.cluster.url("faults"),
        ..site.settings()
    };
    let database = Database::open(&settings).await.unwrap();
    assert_eq!(database.connectivity().await, Connectivity::Disconnected);
    let patience = settings.acquire_timeout;
    let first = time_refusal(&database).await;
    plan.time("first request refused after", first, patience.mul_f64(1.1));
    let later = time_refusal(&database).await;
    plan.time(
        "later ones refused after",
        later,
        Duration::from_millis(200),
    );
    assert!(first.max(later) < patience * 5, "{first:?} {later:?}");

    let up = site
        .on_server(|cluster| {
            cluster.start_again()?;
            Ok(Instant::now())
        })
        .await;
    let connected = until_connected(&database).await.duration_since(up);
    plan.time("connected after", connected, GOAL);
    assert!(connected < GOAL * 10, "{connected:?}");
    ask(&database).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_starting_is_waited_for() {
    let plan = Plan::of("server is starting up (57P03)");
    let Some(site) = Site::start().await else {
        return;
    };
    let database = site.database().await;
    let server = ([127, 0, 0, 1], site.cluster.port()).into();
    let (not_yet, refusing) = refuse_all("57P03", "the database system is starting up").await;
    site.proxy.set_upstream(not_yet);
    site.proxy.reset_all();
    let asked = Instant::now();
    let heal = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        site.proxy.set_upstream(server);
    };
    let (answer, ()) = tokio::join!(ask(&database), heal);
    refusing.abort();
    answer.unwrap();
    let took = asked.elapsed();
    plan.time(
        "a request sent 0.7 s too early takes",
        took,
        Duration::from_millis(1_700),
    );
    assert!(
        took > Duration::from_millis(700),
        "it met the refusals: {took:?}"
    );
}

/// The role of the tests is a superuser, to whom all connections are open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_free_connections_is_waited_for() {
    const CONFIGURATION: &str = "max_connections = 12";
    let plan = Plan::of("server is full (53300)");
    let Some(site) = Site::start_with(CONFIGURATION).await else {
        return;
    };
    let database = site.database().await;
    until_connected(&database).await;
    let mut others = take_all_connections(&site).await;
    plan.note("connections of others", others.len());
    let refused = ask(&database).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");

    let half = others.len() / 2;
    let crowd = (0..8).map(|_| async {
        let start = Instant::now();
        ask_slowly(&database).await.unwrap();
        start.elapsed()
    });
    let free = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        others.truncate(half);
    };
    let (times, ()) = tokio::join!(futures_util::future::join_all(crowd), free);
    let slowest = times.into_iter().max().unwrap();
    plan.time(
        "slowest of 8 requests, 0.5 s before some leave",
        slowest,
        Duration::from_secs(2),
    );
}

async fn ask(database: &Database) -> Result<(), Error> {
    let question = Statement::from_string(DbBackend::Postgres, "SELECT 1");
    database.reader().query_one_raw(question).await?;
    Ok(())
}

async fn ask_slowly(database: &Database) -> Result<(), Error> {
    let question = Statement::from_string(DbBackend::Postgres, "SELECT pg_sleep(0.05)");
    database.reader().query_one_raw(question).await?;
    Ok(())
}

async fn time_refusal(database: &Database) -> Duration {
    let asked = Instant::now();
    let refused = ask(database).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    asked.elapsed()
}

async fn until_connected(database: &Database) -> Instant {
    let start = Instant::now();
    while database.connectivity().await != Connectivity::Connected {
        assert!(start.elapsed() < Duration::from_secs(30), "never connected");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Instant::now()
}

async fn take_all_connections(site: &Site) -> Vec<PgConnection> {
    let mut taken = Vec::new();
    while let Ok(connection) = PgConnection::connect(&site.cluster.url("faults")).await {
        taken.push(connection);
    }
    taken
}

/// Answers everyone as PostgreSQL answers whom it does not let in.
async fn refuse_all(code: &'static str, text: &'static str) -> (SocketAddr, JoinHandle<()>) {
    let port = free_port().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap();
    let refusal = [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat();
    let refusing = tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut start = [0; 1024];
            let read = client.read(&mut start).await.unwrap_or(0);
            // A request for TLS, before anything else.
            if read == 8 {
                let _ = client.write_all(b"N").await;
                let _ = client.read(&mut start).await;
            }
            let _ = client.write_all(&refusal).await;
        }
    });
    (([127, 0, 0, 1], port).into(), refusing)
}
