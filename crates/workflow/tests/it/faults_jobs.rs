//! Workers in processes of their own, killed and paused at random while they work, and PostgreSQL restarted
//! under them. What happened is told by the database, and by a file that each worker adds to.

mod chaos;
mod restarts;
mod verdict;
mod worker;

use db::Tx;
use entity::values::{JobMode, ThreadId};
use identity::Ctx;
use serde_json::json;
use testkit::{TestDatabase, on_both_engines};
use workflow::{
    Error,
    jobs::{NewJob, enqueue_many},
    threads,
};

use chaos::Chaos;

/// Set where the run is to be of full length.
const LONG: &str = "FAULTS_LONG";
/// Set by [`restarts`], whose server this run is on: a file that is there while work is
/// done.
const RESTARTED: &str = "FAULTS_RESTARTED";
const SEED: &str = "FAULTS_SEED";
/// How many jobs a long run has.
const JOBS: &str = "FAULTS_JOBS";
const DEFAULT_SEED: u64 = 20_250_101;
const BATCH: usize = 1_000;

/// An effect is a row of this table, written in the transaction that completes the job. It has no key: what
/// is done twice is there twice.
const EFFECTS: &str = "CREATE TABLE effects (job_id text NOT NULL, attempt bigint NOT NULL)";

on_both_engines! {
    async fn no_job_is_lost_or_done_twice(db) {
        let is_postgres = db.url.starts_with("postgres");
        if is_long() && is_postgres && std::env::var(RESTARTED).is_err() {
            println!("the run with restarts of the server is the long one");
            return;
        }
        run(&db).await;
    }
}

async fn run(db: &TestDatabase) {
    let (jobs, threads) = if is_long() { (long(), 200) } else { (600, 20) };
    db.make_tables(EFFECTS).await;
    let ctx = db.ctx().await;
    enqueue(&ctx, jobs, threads).await;
    let folder = tempfile::tempdir().unwrap();
    let witness = folder.path().join("witness");
    let mut chaos = Chaos::begin(db, &ctx, &witness);
    let restarted = std::env::var(RESTARTED).ok();
    if let Some(at_work) = &restarted {
        std::fs::write(at_work, "").unwrap();
    }
    chaos.rage_until_all_is_done().await;
    if let Some(at_work) = &restarted {
        std::fs::remove_file(at_work).unwrap();
    }
    let faults = chaos.end();
    verdict::of(&ctx, &witness, jobs, faults).await;
}

fn is_long() -> bool {
    std::env::var(LONG).is_ok()
}

/// As many as the promise is about, unless it is said how many.
fn long() -> usize {
    let given = std::env::var(JOBS).ok();
    given.map_or(100_000, |jobs| jobs.parse().unwrap())
}

fn seed() -> u64 {
    let given = std::env::var(SEED).ok();
    given.map_or(DEFAULT_SEED, |seed| seed.parse().unwrap())
}

/// The threads take turns.
async fn enqueue(ctx: &Ctx, jobs: usize, threads: usize) {
    let make = async |tx: Tx| -> Result<Vec<ThreadId>, Error> {
        let mut made = Vec::new();
        for number in 0..threads {
            let chat = format!("chat {number}");
            made.push(threads::get_or_create(ctx, &tx, "faults", &chat).await?.id);
        }
        Ok(made)
    };
    let threads = ctx.database.write(make).await.unwrap();
    let turns: Vec<ThreadId> = threads.iter().copied().cycle().take(jobs).collect();
    for batch in turns.chunks(BATCH) {
        let add = async |tx: Tx| {
            let new = batch.iter().map(|thread| {
                let job = NewJob {
                    max_attempts: 100,
                    ..NewJob::new(JobMode::Execute, json!({}))
                };
                (*thread, job)
            });
            enqueue_many(ctx, &tx, new.collect()).await
        };
        ctx.database.write(add).await.unwrap();
    }
}
