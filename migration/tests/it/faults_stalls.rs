//! What the service feels of a migration that meets a long reader (PostgreSQL).

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use db::{Database, Settings};
use migration::{Options, Schema, Target};
use sea_orm::TransactionTrait;
use testservers::{Cluster, Durability, find_postgres};

use crate::{
    made::{ask, tell},
    rows_unharmed::write_rows,
};

const SCENARIO: &str = "migration behind a long reader";

/// What the load does, by the migration whose table it needs; each statement by itself.
const LOAD: [(&str, &str); 8] = [
    (
        "users",
        "UPDATE users SET display_name = 'B' WHERE email = 'a@example.org';",
    ),
    ("users", "SELECT count(*) FROM users;"),
    (
        "books",
        "UPDATE portfolios SET books_revision = books_revision + 1 WHERE name = 'P';",
    ),
    (
        "books",
        "SELECT * FROM lots JOIN transactions USING (user_id, portfolio_id) LIMIT 10;",
    ),
    (
        "books",
        "UPDATE transactions SET narration = 'n' WHERE kind = 'buy';",
    ),
    (
        "pricing",
        "SELECT * FROM prices JOIN pricing_packs ON id = pack_id;",
    ),
    ("executions", "SELECT count(*) FROM executions;"),
    ("idempotency", "UPDATE idempotency_keys SET status = 200;"),
];

fn is_long() -> bool {
    std::env::var("FAULTS_LONG").is_ok_and(|value| value == "1")
}

fn load(cluster: &Cluster, folder: &Path, applied: &[String], seconds: u64) -> Option<Child> {
    let pgbench = find_postgres()?.join("pgbench");
    let has = |title: &str| applied.iter().any(|name| name.ends_with(title));
    let statements: Vec<&str> = LOAD
        .iter()
        .filter(|(title, _)| has(title))
        .map(|(_, sql)| *sql)
        .collect();
    let statements = if statements.is_empty() {
        vec!["SELECT 1;"]
    } else {
        statements
    };
    fs::write(folder.join("load.sql"), statements.join("\n")).unwrap();
    let started = Command::new(pgbench)
        .current_dir(folder)
        .args([
            "--no-vacuum",
            "--client=4",
            "--jobs=2",
            "--file=load.sql",
            "--log",
        ])
        .arg(format!("--time={seconds}"))
        .arg(cluster.url("stalls"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    if started.is_err() {
        println!("skipped: there is no pgbench");
    }
    started.ok()
}

/// The longest that one client waited for one pass of the load, and how many there were.
fn slowest(folder: &Path) -> (Duration, usize) {
    let mut micros: Vec<u64> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("pgbench_log")
        {
            let text = fs::read_to_string(path).unwrap();
            let third = |line: &str| line.split_whitespace().nth(2)?.parse::<u64>().ok();
            micros.extend(text.lines().filter_map(third));
        }
    }
    (
        Duration::from_micros(micros.iter().copied().max().unwrap()),
        micros.len(),
    )
}

/// Reads every table there is, and keeps its transaction open for a while.
async fn read_for(url: &str, time: Duration) {
    let connection = sea_orm::Database::connect(url).await.unwrap();
    let reader = connection.begin().await.unwrap();
    let tables = "SELECT string_agg(format('SELECT count(*) FROM %I', relname), ' UNION ALL ')
        FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
            AND relnamespace = 'public'::regnamespace";
    if let Some(sql) = ask(&reader, tables).await {
        tell(&reader, &sql).await;
    }
    tokio::time::sleep(time).await;
    reader.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_migration_holds_up_the_service_for_long() {
    let reading = Duration::from_secs(if is_long() { 6 } else { 1 });
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(Durability::Committed));
    let Ok(cluster) = cluster.await.unwrap() else {
        println!("skipped: PostgreSQL cannot be started here");
        return;
    };
    cluster.create_database("stalls").unwrap();
    let url = cluster.url("stalls");
    let database = Database::connect(&Settings::new(url.as_str()))
        .await
        .unwrap();
    let options = Options {
        may_contract: true,
        ..Options::default()
    };
    let schema = Schema::of(&database, options).await.unwrap();
    let names: Vec<String> = schema
        .known()
        .iter()
        .map(|known| known.name.clone())
        .collect();
    // A short run takes two steps for all: to the second version, and from there to the newest.
    let stops: Vec<usize> = if is_long() {
        (1..=names.len()).collect()
    } else {
        vec![2, names.len()]
    };
    let mut at = 0;
    for stop in stops {
        schema.fresh().await.unwrap();
        let before = names[..at].last().map_or("base", String::as_str);
        schema.down(&Target::from(before)).await.unwrap();
        write_rows(&schema, db::Engine::Postgres, &names[..at]).await;
        let folder = tempfile::tempdir().unwrap();
        let seconds = reading.as_secs() + 2;
        let Some(load) = load(&cluster, folder.path(), &names[..at], seconds) else {
            return;
        };
        let apply = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            schema.up(&Target::Version(names[stop - 1].clone())).await
        };
        let (applied, ()) = tokio::join!(apply, read_for(&url, reading));
        assert_eq!(applied.unwrap().len(), stop - at);
        let ended = tokio::task::spawn_blocking(move || load.wait_with_output());
        let ended = ended.await.unwrap().unwrap();
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );

        let (slowest, passes) = slowest(folder.path());
        assert!(passes > 0);
        let what = if is_long() {
            names[stop - 1].as_str()
        } else {
            "all"
        };
        let slowest = slowest.as_secs_f64();
        println!("figure: {SCENARIO} | longest stall, {what} | {slowest:.3} s | goal <= 1.000 s");
        println!("figure: {SCENARIO} | passes of the load, {what} | {passes} | goal -");
        at = stop;
    }
}
