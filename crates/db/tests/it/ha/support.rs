//! Servers, seeds, figures, and questions that tests ask.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Database, Settings};
use sea_orm::{DbErr, Statement, TryGetable};
use testservers::{Cluster, Durability, find_postgres};

/// Whether a run takes its full length.
pub fn is_long() -> bool {
    std::env::var_os("FAULTS_LONG").is_some_and(|value| value == "1")
}

/// Random numbers of this run; the seed is printed, so that a failure can be repeated.
pub fn random(scenario: &str) -> fastrand::Rng {
    let given = std::env::var("FAULTS_SEED").ok();
    let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or(20_261);
    println!("seed: {scenario} | FAULTS_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

pub fn figure(scenario: &str, what: &str, value: impl Display, goal: &str) {
    println!("figure: {scenario} | {what} | {value} | goal {goal}");
}

pub fn milliseconds(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

/// Whether there is no PostgreSQL on this machine, with a line that says so.
pub fn is_without_postgres() -> bool {
    let is_missing = find_postgres().is_none();
    if is_missing {
        println!("skipped: there is no PostgreSQL on this machine");
    }
    is_missing
}

/// Crashes of the server alone are what is tested here: what it has written is safe from those
/// without waiting for a disk.
const SETTINGS: &str = "fsync = off\nmax_wal_senders = 7\nautovacuum = off\n";

/// Commits are acknowledged as by default: once they are written.
pub fn server() -> Cluster {
    server_with("")
}

pub fn server_with(extra: &str) -> Cluster {
    let settings = format!("{SETTINGS}{extra}");
    tokio::task::block_in_place(|| Cluster::start_with(Durability::Committed, &settings)).unwrap()
}

/// Cluster's functions block, so that other tasks of the test go on elsewhere.
pub fn blocking<T>(action: impl FnOnce() -> anyhow::Result<T>) -> T {
    tokio::task::block_in_place(action).unwrap()
}

/// A client of its own: work on a database that borrows cannot move between threads.
pub fn client<F: Future<Output = ()>>(
    work: impl FnOnce() -> F + Send + 'static,
) -> std::thread::JoinHandle<()> {
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || runtime.block_on(work()))
}

/// The name by which a primary knows the standby of a [`pair`].
pub const FIRST_STANDBY: &str = "standby_one";

/// Names one test of this program to it, by the module that it stands in.
pub fn only(module: &str, test: &str) -> [String; 3] {
    let (_program, module) = module.split_once("::").unwrap();
    [
        "--exact".to_owned(),
        "--nocapture".to_owned(),
        format!("{module}::{test}"),
    ]
}

/// A primary and a standby that follows it.
pub fn pair(extra: &str) -> (Cluster, Cluster) {
    let primary = server_with(extra);
    let standby = blocking(|| primary.standby(FIRST_STANDBY));
    (primary, standby)
}

/// From now on the primary acknowledges what the standby of this name has received.
pub fn wait_for_standby(primary: &Cluster, name: &str) {
    blocking(|| {
        primary.set("synchronous_standby_names", name)?;
        let question = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while primary.psql("postgres", question)? != "1" {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    });
}

pub fn with_replica(primary: &Cluster, replica: &Cluster) -> Settings {
    Settings {
        replica_urls: vec![replica.url("postgres")],
        ..Settings::new(primary.url("postgres"))
    }
}

pub async fn ask<T: TryGetable>(connection: &impl ConnectionTrait, sql: &str) -> Result<T, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?
        .try_get_by_index(0)
}

/// The first column of all rows.
pub async fn ask_all<T: TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
) -> Result<Vec<T>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

pub const WHICH_PORT: &str = "SELECT inet_server_port()";

pub async fn execute(database: &Database, sql: &str) {
    database.execute_unprepared(sql).await.unwrap();
}

/// Waits until `holds`, and answers with how long that took.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) -> Duration {
    let start = Instant::now();
    while !holds().await {
        let waited = start.elapsed();
        assert!(
            waited < Duration::from_secs(30),
            "in vain waited until {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}
