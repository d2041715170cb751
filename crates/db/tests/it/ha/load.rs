//! Clients that write and read all the time, and remember what they were told.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Database, Error, Reads, Tx};
use sea_orm::Statement;

use crate::ha::support::{ask, ask_all, client, execute};

/// The clients of one database, until they are told to stop.
#[derive(Default)]
pub struct Load {
    stop: AtomicBool,
    /// What was acknowledged, and when.
    acknowledged: Mutex<Vec<(i64, Instant)>>,
    refusals: Mutex<Vec<Error>>,
    reads: AtomicI64,
    failed_reads: Mutex<Vec<String>>,
    longest_read: Mutex<Duration>,
}

pub struct Running {
    load: Arc<Load>,
    clients: Vec<JoinHandle<()>>,
}

pub const WRITERS: i64 = 8;
const NUMBERS_OF_ONE: i64 = 1_000_000_000;

/// A second row for each key that was new: work that was done twice shows.
const TABLES: &str = "CREATE TABLE writes (key bigint PRIMARY KEY);
    CREATE TABLE effects (key bigint NOT NULL)";

pub async fn create_tables(database: &Database) {
    execute(database, TABLES).await;
}

async fn execute_with(tx: &Tx, sql: &str, key: i64) -> Result<u64, Error> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [key.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// A write that finds out whether it was done before.
pub async fn write_key(database: &Database, key: i64) -> Result<(), Error> {
    let insert = "INSERT INTO writes (key) VALUES ($1) ON CONFLICT DO NOTHING";
    database
        .write_once(async |tx| {
            if execute_with(&tx, insert, key).await? == 1 {
                execute_with(&tx, "INSERT INTO effects (key) VALUES ($1)", key).await?;
            }
            Ok(())
        })
        .await
}

impl Load {
    async fn write(&self, database: Database, client: i64) {
        let mut key = client * NUMBERS_OF_ONE;
        while !self.stop.load(Ordering::Relaxed) {
            match write_key(&database, key).await {
                Ok(()) => {
                    self.acknowledged
                        .lock()
                        .unwrap()
                        .push((key, Instant::now()));
                    key += 1;
                }
                Err(error) => {
                    self.refusals.lock().unwrap().push(error);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    fn note_read(&self, taken: Duration) {
        let mut longest = self.longest_read.lock().unwrap();
        *longest = longest.max(taken);
    }

    async fn read(&self, database: Database, in_unit: bool) {
        let question = "SELECT count(*) FROM (SELECT key FROM writes LIMIT 100) AS first";
        while !self.stop.load(Ordering::Relaxed) {
            let started = Instant::now();
            let answer: Result<i64, Error> = if in_unit {
                database
                    .read(async |tx| Ok(ask(&tx, question).await?))
                    .await
            } else {
                ask(database.reader(), question).await.map_err(Error::from)
            };
            self.note_read(started.elapsed());
            match answer {
                Ok(_) => self.reads.fetch_add(1, Ordering::Relaxed),
                Err(error) => {
                    self.failed_reads.lock().unwrap().push(format!("{error:?}"));
                    0
                }
            };
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Running {
    pub fn readers_only(database: &Database) -> Self {
        let load = Arc::new(Load::default());
        let mut clients = Vec::new();
        for reads in [Reads::Primary, Reads::Replica] {
            for in_unit in [false, true] {
                let (load, database) = (Arc::clone(&load), database.for_caller(reads, None));
                clients.push(client(async move || load.read(database, in_unit).await));
            }
        }
        Self { load, clients }
    }

    pub fn start(database: &Database) -> Self {
        let mut running = Self::readers_only(database);
        for number in 0..WRITERS {
            let load = Arc::clone(&running.load);
            let database = database.for_caller(Reads::Primary, None);
            let writer = client(async move || load.write(database, number).await);
            running.clients.push(writer);
        }
        running
    }

    pub fn acknowledged(&self) -> usize {
        self.load.acknowledged.lock().unwrap().len()
    }

    /// Waits for as many acknowledged writes more.
    pub async fn write_more(&self, number: usize) {
        let target = self.acknowledged() + number;
        let start = Instant::now();
        while self.acknowledged() < target {
            assert!(
                start.elapsed() < Duration::from_mins(2),
                "writes do not go on: {:?}",
                self.load.refusals.lock().unwrap().last()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// When the first write was acknowledged after this moment.
    pub async fn first_acknowledged_after(&self, moment: Instant) -> Instant {
        self.write_more(20).await;
        let acknowledged = self.load.acknowledged.lock().unwrap();
        let times = acknowledged.iter().map(|(_, time)| *time);
        times.filter(|time| *time > moment).min().unwrap()
    }

    pub fn stop(self) -> Arc<Load> {
        self.load.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            tokio::task::block_in_place(|| client.join()).unwrap();
        }
        self.load
    }
}

/// What became of the writes that were acknowledged.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    pub acknowledged: usize,
    pub lost: usize,
    pub doubled: usize,
}

impl Load {
    pub fn reads(&self) -> i64 {
        self.reads.load(Ordering::Relaxed)
    }

    pub fn failed_reads(&self) -> Vec<String> {
        self.failed_reads.lock().unwrap().clone()
    }

    pub fn longest_read(&self) -> Duration {
        *self.longest_read.lock().unwrap()
    }

    pub fn refusals(&self) -> Vec<Error> {
        self.refusals.lock().unwrap().clone()
    }

    pub async fn account(&self, database: &Database) -> Account {
        let written: HashSet<i64> = ask_all(database, "SELECT key FROM writes")
            .await
            .unwrap()
            .into_iter()
            .collect();
        let effects: Vec<i64> = ask_all(database, "SELECT key FROM effects").await.unwrap();
        let distinct: HashSet<i64> = effects.iter().copied().collect();
        assert_eq!(distinct, written, "half of a write is there");
        let acknowledged = self.acknowledged.lock().unwrap();
        let lost = acknowledged
            .iter()
            .filter(|(key, _)| !written.contains(key));
        Account {
            acknowledged: acknowledged.len(),
            lost: lost.count(),
            doubled: effects.len() - distinct.len(),
        }
    }
}
