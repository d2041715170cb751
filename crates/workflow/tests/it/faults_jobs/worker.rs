//! The program that is killed: it claims jobs, works on each for a while, and completes it together with its
//! effect.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use db::{ConnectionTrait, Database, Settings, Tx};
use entity::{
    values::{JobMode, UserId},
    workflow::job,
};
use identity::{Actor, Clock, Ctx};
use sea_orm::Statement;
use tokio::time::sleep;
use workflow::{
    Error,
    jobs::{Claim, Completion, Horizon, Lease, claim, complete},
};

pub const URL: &str = "FAULTS_WORKER_URL";
pub const NAME: &str = "FAULTS_WORKER_NAME";
pub const WITNESS: &str = "FAULTS_WORKER_WITNESS";
pub const OWNER: &str = "FAULTS_WORKER_OWNER";
/// The most jobs that a worker has at once.
pub const BATCH: u64 = 5;
pub const LEASE: TimeDelta = TimeDelta::seconds(2);

const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_WORK_MS: u64 = 6;

/// No test: one process of a worker, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_works() {
    let variable = |name| std::env::var(name).ok();
    let (Some(url), Some(name), Some(witness), Some(owner)) = (
        variable(URL),
        variable(NAME),
        variable(WITNESS),
        variable(OWNER),
    ) else {
        return;
    };
    let mut witness = open(Path::new(&witness));
    let database = connect(&url).await;
    let owner: UserId = owner.parse().unwrap();
    let clock = Clock::new(Utc::now);
    let ctx = Ctx::new(Actor::user(owner), owner, "worker".into(), clock, &database);
    let horizon = Horizon::default();
    loop {
        // What is wrong with the database is not the worker's matter: it asks again.
        let jobs = take(&ctx, &name, &horizon).await.unwrap_or_default();
        if jobs.is_empty() {
            sleep(PAUSE).await;
        }
        for job in jobs {
            sleep(Duration::from_millis(
                u64::from(job.id.0.as_bytes()[15]) % LONGEST_WORK_MS,
            ))
            .await;
            let outcome = match finish(&ctx, &job).await {
                Ok(()) => "accepted",
                Err(Error::LeaseLost { .. }) => "refused",
                Err(_) => "unknown",
            };
            // One write, so that lines of several processes do not mix.
            let line = format!("{outcome} {} {}\n", job.id, job.attempt);
            witness.write_all(line.as_bytes()).unwrap();
        }
    }
}

/// What was written outlives the process; only the machine must not fall.
fn open(witness: &Path) -> File {
    let mut options = OpenOptions::new();
    options.create(true).append(true).open(witness).unwrap()
}

async fn connect(url: &str) -> Database {
    let settings = Settings {
        pool_min_size: 0,
        pool_max_size: 2,
        ..Settings::new(url)
    };
    loop {
        if let Ok(database) = Database::connect(&settings).await {
            return database;
        }
        sleep(PAUSE).await;
    }
}

async fn take(ctx: &Ctx, name: &str, horizon: &Horizon) -> Result<Vec<job::Model>, Error> {
    let wanted = Claim {
        worker: name.to_owned(),
        owner: Some(ctx.scope),
        modes: vec![JobMode::Execute],
        limit: BATCH,
        lease: LEASE,
    };
    let work = async |tx: Tx| claim(ctx, &tx, &wanted, horizon).await;
    ctx.database.write(work).await
}

/// The effect comes first, so that only the transaction keeps it from being there without the completion.
async fn finish(ctx: &Ctx, job: &job::Model) -> Result<(), Error> {
    let work = async |tx: Tx| -> Result<(), Error> {
        let text = "INSERT INTO effects (job_id, attempt) VALUES ($1, $2)";
        let values = [job.id.to_string().into(), job.attempt.into()];
        let effect = Statement::from_sql_and_values(tx.get_database_backend(), text, values);
        tx.execute_raw(effect).await?;
        let lease = Lease::of(job).unwrap();
        let done = Completion {
            lease,
            result: None,
        };
        complete(ctx, &tx, Some(ctx.scope), done).await.map(drop)
    };
    ctx.database.write(work).await
}
