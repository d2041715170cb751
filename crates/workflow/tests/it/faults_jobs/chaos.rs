//! Kills and pauses at random, and the sweep of leases that the service does.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Tx};
use identity::Ctx;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use sea_orm::Statement;
use testkit::TestDatabase;
use tokio::{task::JoinHandle, time::sleep};
use workflow::{
    Error,
    jobs::sweep::{expire, expired_leases},
};

use super::{is_long, seed, worker};

const WORKERS: usize = 4;
const STEP: Duration = Duration::from_millis(50);
/// Longer than a lease.
const PAUSE: Duration = Duration::from_millis(2_500);
/// Faults of a short run.
const SHORT: u64 = 10;
const PATIENCE: Duration = Duration::from_hours(1);

/// What was done to the workers.
#[derive(Debug, Default)]
pub struct Faults {
    pub kills: u64,
    pub pauses: u64,
}

/// Ends its workers when it is dropped.
pub struct Chaos {
    ctx: Ctx,
    url: String,
    witness: PathBuf,
    random: ChaCha8Rng,
    workers: Vec<Worker>,
    started: usize,
    faults: Faults,
    sweeper: JoinHandle<()>,
}

struct Worker {
    child: Child,
    paused: Option<Instant>,
}

impl Chaos {
    pub fn begin(db: &TestDatabase, ctx: &Ctx, witness: &Path) -> Self {
        println!("seed: jobs under kills | {}", seed());
        let mut chaos = Self {
            ctx: ctx.clone(),
            url: db.url.clone(),
            witness: witness.to_owned(),
            random: ChaCha8Rng::seed_from_u64(seed()),
            workers: Vec::new(),
            started: 0,
            faults: Faults::default(),
            sweeper: tokio::spawn(sweep_again_and_again(ctx.clone())),
        };
        for _ in 0..WORKERS {
            let worker = chaos.start();
            chaos.workers.push(worker);
        }
        chaos
    }

    pub async fn rage_until_all_is_done(&mut self) {
        let start = Instant::now();
        while self.is_open().await {
            assert!(
                start.elapsed() < PATIENCE,
                "jobs are left: {:?}",
                self.faults
            );
            sleep(STEP).await;
            let victim = usize::try_from(self.random.next_u32()).unwrap() % WORKERS;
            let rarely = if is_long() { 60 } else { 6 };
            let is_time = self.random.next_u32() % rarely < 2;
            match self.faults.kills <= self.faults.pauses {
                _ if !is_time || !self.may_go_on() => {}
                true => self.kill(victim),
                false => self.pause(victim),
            }
            self.wake();
        }
    }

    /// What is paused goes on once more, to say what it has to say.
    pub fn end(mut self) -> Faults {
        for worker in &mut self.workers {
            worker.signal(Signal::SIGCONT);
        }
        std::thread::sleep(STEP * 10);
        self.sweeper.abort();
        self.faults
    }

    /// Each fault costs the time of a lease, which a short run does not have.
    fn may_go_on(&self) -> bool {
        is_long() || self.faults.kills + self.faults.pauses < SHORT
    }

    fn start(&mut self) -> Worker {
        self.started += 1;
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "faults_jobs::worker::child_that_works",
                "--nocapture",
            ])
            .env(worker::URL, &self.url)
            .env(worker::NAME, format!("worker {}", self.started))
            .env(worker::WITNESS, &self.witness)
            .env(worker::OWNER, self.ctx.scope.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Worker {
            child,
            paused: None,
        }
    }

    fn kill(&mut self, victim: usize) {
        let next = self.start();
        let mut killed = std::mem::replace(&mut self.workers[victim], next);
        killed.child.kill().unwrap();
        killed.child.wait().unwrap();
        self.faults.kills += 1;
    }

    fn pause(&mut self, victim: usize) {
        let worker = &mut self.workers[victim];
        if worker.paused.is_none() {
            worker.signal(Signal::SIGSTOP);
            worker.paused = Some(Instant::now());
            self.faults.pauses += 1;
        }
    }

    fn wake(&mut self) {
        for worker in &mut self.workers {
            if worker.paused.is_some_and(|since| since.elapsed() > PAUSE) {
                worker.signal(Signal::SIGCONT);
                worker.paused = None;
            }
        }
    }

    /// A server that cannot be asked has not done all.
    async fn is_open(&self) -> bool {
        let text = "SELECT id FROM jobs WHERE status IN ('queued', 'running') LIMIT 1";
        let reader = self.ctx.database.reader();
        let question = Statement::from_string(reader.get_database_backend(), text);
        !matches!(reader.query_one_raw(question).await, Ok(None))
    }
}

/// As the service does. It waits for whoever has locked a thread's queue, also for one that is paused.
async fn sweep_again_and_again(ctx: Ctx) {
    loop {
        // What is wrong with the database is over in a while.
        let _ = sweep(ctx.clone()).await;
        sleep(STEP).await;
    }
}

async fn sweep(ctx: Ctx) -> Result<(), Error> {
    let expired = expired_leases(&ctx, ctx.database.reader(), 100).await?;
    if expired.is_empty() {
        return Ok(());
    }
    let database = ctx.database.clone();
    let unit = move |tx: Tx| {
        let (ctx, expired) = (ctx.clone(), expired.clone());
        async move { expire(&ctx, &tx, &expired).await.map(drop) }
    };
    database.write(unit).await
}

impl Worker {
    fn signal(&mut self, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
