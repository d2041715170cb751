//! SQLite's program is killed while it writes, again and again, over one file.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Database, Error, Settings};
use sea_orm::Statement;

use crate::ha::support::{ask, ask_all, client, execute, figure, is_long, only, random};

const SCENARIO: &str = "SQLite killed";
/// Where a writing child finds its file, and the number that its rows begin with.
const FILE: &str = "FAULTS_FILE";
const FIRST: &str = "FAULTS_FIRST";
const WRITERS: i64 = 4;
const NUMBERS_OF_ROUND: i64 = 10_000_000;
const NUMBERS_OF_WRITER: i64 = 1_000_000;

/// No test: the program that is killed. It says which rows were acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_writes() {
    let (Ok(file), Ok(first)) = (std::env::var(FILE), std::env::var(FIRST)) else {
        return;
    };
    let database = open(Path::new(&file)).await;
    let first: i64 = first.parse().unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let database = database.clone();
        let first = first + writer * NUMBERS_OF_WRITER;
        client(async move || write_until_killed(&database, first).await)
    });
    for writer in writers.collect::<Vec<_>>() {
        tokio::task::block_in_place(|| writer.join()).unwrap();
    }
}

async fn open(file: &Path) -> Database {
    let url = format!("sqlite://{}", file.display());
    Database::connect(&Settings::new(url)).await.unwrap()
}

async fn write_until_killed(database: &Database, first: i64) {
    for number in first..first + NUMBERS_OF_WRITER {
        let written: Result<(), Error> = database
            .write(async |tx| {
                for table in ["debits", "credits"] {
                    let sql = format!("INSERT INTO {table} (number) VALUES ($1)");
                    let backend = tx.get_database_backend();
                    let values = [number.into()];
                    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
                        .await?;
                }
                Ok(())
            })
            .await;
        written.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {number}").unwrap();
        out.flush().unwrap();
    }
}

/// A child, and what it says.
struct Writing(Child, BufReader<ChildStdout>);

impl Writing {
    fn start(file: &Path, round: i64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(only(module_path!(), "child_that_writes"))
            .env(FILE, file)
            .env(FIRST, (round * NUMBERS_OF_ROUND).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    fn next_acknowledged(&mut self) -> Option<i64> {
        loop {
            let mut line = String::new();
            if self.1.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // What was not said to its end was not said.
            let number = line
                .strip_prefix("acknowledged ")
                .and_then(|rest| rest.strip_suffix('\n'));
            if let Some(number) = number {
                return Some(number.parse().unwrap());
            }
        }
    }

    /// Everything that was acknowledged before the end.
    fn kill_after(mut self, pause: Duration) -> Vec<i64> {
        let mut acknowledged = vec![self.next_acknowledged().expect("it writes")];
        std::thread::sleep(pause);
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        acknowledged.extend(std::iter::from_fn(|| self.next_acknowledged()));
        acknowledged
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_every_kill() {
    let mut random = random(SCENARIO);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("killed.db");
    let tables = "CREATE TABLE debits (number INTEGER PRIMARY KEY);
        CREATE TABLE credits (number INTEGER PRIMARY KEY)";
    let database = open(&file).await;
    execute(&database, tables).await;
    database.close().await;

    let rounds = if is_long() { 1_000 } else { 20 };
    let (mut acknowledged, mut lost) = (0, 0);
    let mut slowest_start = Duration::ZERO;
    for round in 1..=rounds {
        let pause = Duration::from_micros(random.u64(..100_000));
        let writing = Writing::start(&file, round);
        let said = tokio::task::block_in_place(|| writing.kill_after(pause));
        let opened = Instant::now();
        let database = open(&file).await;
        let kept = kept_of(&database, round).await;
        slowest_start = slowest_start.max(opened.elapsed());
        acknowledged += said.len();
        lost += said.iter().filter(|number| !kept.contains(number)).count();
        assert_eq!(lost, 0, "round {round}, killed after {pause:?}");
        database.close().await;
    }
    figure(SCENARIO, "kills", rounds, "1000 in a long run");
    figure(SCENARIO, "acknowledged writes", acknowledged, "-");
    figure(SCENARIO, "acknowledged writes lost", lost, "0");
    figure(
        SCENARIO,
        "slowest opening and check",
        format!("{slowest_start:?}"),
        "-",
    );
}

/// The rows of a round, once the file is known to be whole.
async fn kept_of(database: &Database, round: i64) -> HashSet<i64> {
    let check: String = ask(database.reader(), "PRAGMA integrity_check")
        .await
        .unwrap();
    assert_eq!(check, "ok", "round {round}");
    let first = round * NUMBERS_OF_ROUND;
    let halves = "SELECT count(*) FROM debits FULL JOIN credits USING (number)
        WHERE debits.number IS NULL OR credits.number IS NULL";
    let halves: i64 = ask(database.reader(), halves).await.unwrap();
    assert_eq!(halves, 0, "round {round}: half of a write is there");
    let kept = format!("SELECT number FROM debits WHERE number >= {first}");
    ask_all(database.reader(), &kept)
        .await
        .unwrap()
        .into_iter()
        .collect()
}
