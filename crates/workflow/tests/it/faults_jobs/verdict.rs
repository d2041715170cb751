//! What the database and the witness say in the end.

use std::{collections::HashMap, fs, path::Path};

use db::{ConnectionTrait, Reader};
use entity::{
    values::{JobEventKind, JobId, JobStatus, ThreadId},
    workflow::{job, job_event},
};
use identity::Ctx;
use sea_orm::{EntityTrait, FromQueryResult, QueryOrder, Statement};
use workflow::jobs::transition::replay;

use super::{RESTARTED, chaos::Faults, is_long, worker};

/// Everything that is compared.
struct Seen {
    jobs: HashMap<JobId, job::Model>,
    histories: HashMap<JobId, Vec<JobEventKind>>,
    /// The jobs of each thread, in the order of their completions.
    completed: HashMap<ThreadId, Vec<JobId>>,
    effects: Vec<(JobId, i64)>,
    accepted: Vec<(JobId, i64)>,
    refused: usize,
    unknown: usize,
}

pub async fn of(ctx: &Ctx, witness: &Path, jobs: usize, faults: Faults) {
    let reader = ctx.database.reader();
    let seen = Seen::read(reader, witness).await;
    let engine = ctx.database.engine();
    let restarted = std::env::var(RESTARTED).map_or("", |_| " restarted");
    let say = |what: &str, figure: usize, goal: &str| {
        println!("figure: jobs under kills, {engine}{restarted} | {what} | {figure} | goal {goal}");
    };
    let attempts: i64 = seen.jobs.values().map(|job| job.attempt - 1).sum();
    let again = usize::try_from(attempts).unwrap();
    let held = usize::try_from((faults.kills + faults.pauses) * worker::BATCH).unwrap();
    let wrong = [
        ("lost", jobs - seen.done()),
        ("completions accepted from a stale lease", seen.stale()),
        ("effects committed twice", seen.doubled()),
        ("effects of completions that are not there", seen.missing()),
        ("threads whose order was broken", seen.disordered()),
        ("histories that do not lead to the status", seen.astray()),
    ];
    say("jobs", jobs, if is_long() { ">= 100000" } else { "-" });
    say("kills", usize::try_from(faults.kills).unwrap(), "-");
    say("pauses", usize::try_from(faults.pauses).unwrap(), "-");
    say("completions refused", seen.refused, "-");
    say(
        "completions of which the worker heard nothing",
        seen.unknown,
        "-",
    );
    for (what, count) in wrong {
        say(what, count, "<= 0");
    }
    if restarted.is_empty() && is_long() {
        say("executed again", again, &format!("<= {held}"));
    } else {
        say("executed again", again, "-");
    }
    assert!(wrong.iter().all(|(_, count)| *count == 0), "{wrong:?}");
    assert!(faults.kills > 0);
}

impl Seen {
    async fn read(reader: &Reader, witness: &Path) -> Self {
        let jobs = job::Entity::find().all(reader).await.unwrap();
        let (mut accepted, mut refused, mut unknown) = (Vec::new(), 0, 0);
        for line in fs::read_to_string(witness).unwrap().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[0] {
                "accepted" => accepted.push((words[1].parse().unwrap(), words[2].parse().unwrap())),
                "refused" => refused += 1,
                _ => unknown += 1,
            }
        }
        Self {
            jobs: jobs.into_iter().map(|job| (job.id, job)).collect(),
            histories: histories(reader).await,
            completed: completed(reader).await,
            effects: effects(reader).await,
            accepted,
            refused,
            unknown,
        }
    }

    fn done(&self) -> usize {
        let jobs = self.jobs.values();
        jobs.filter(|job| job.status == JobStatus::Done).count()
    }

    /// A job ends under its last lease: what was accepted of an earlier one, or a second time, is stale.
    fn stale(&self) -> usize {
        let mut heard: HashMap<JobId, usize> = HashMap::new();
        let mut stale = 0;
        for (id, attempt) in &self.accepted {
            let times = heard.entry(*id).or_default();
            *times += 1;
            stale += usize::from(*times > 1 || self.jobs[id].attempt != *attempt);
        }
        stale
    }

    fn doubled(&self) -> usize {
        let mut count: HashMap<JobId, usize> = HashMap::new();
        for (id, _) in &self.effects {
            *count.entry(*id).or_default() += 1;
        }
        count.values().filter(|count| **count > 1).count()
    }

    /// Each done job has the effect of its last attempt.
    fn missing(&self) -> usize {
        let effects: HashMap<JobId, i64> = self.effects.iter().copied().collect();
        let jobs = self.jobs.values();
        jobs.filter(|job| effects.get(&job.id) != Some(&job.attempt))
            .count()
    }

    fn disordered(&self) -> usize {
        let key = |id: &JobId| (self.jobs[id].run_at, *id);
        let orders = self.completed.values();
        orders.filter(|order| !order.is_sorted_by_key(key)).count()
    }

    fn astray(&self) -> usize {
        let leads = |job: &job::Model| {
            let history = self.histories.get(&job.id).cloned().unwrap_or_default();
            replay(history) == Ok(Some(job.status))
        };
        self.jobs.values().filter(|job| !leads(job)).count()
    }
}

async fn histories(reader: &Reader) -> HashMap<JobId, Vec<JobEventKind>> {
    let events = job_event::Entity::find()
        .order_by_asc(job_event::Column::JobId)
        .order_by_asc(job_event::Column::Seq);
    let mut histories: HashMap<JobId, Vec<JobEventKind>> = HashMap::new();
    for event in events.all(reader).await.unwrap() {
        let history = histories.entry(event.job_id).or_default();
        history.push(event.kind);
        assert_eq!(usize::try_from(event.seq).unwrap(), history.len(), "a hole");
    }
    histories
}

#[derive(FromQueryResult)]
struct Completed {
    thread_id: ThreadId,
    job: String,
}

async fn completed(reader: &Reader) -> HashMap<ThreadId, Vec<JobId>> {
    let text = "SELECT thread_id, data_json ->> 'job_id' AS job FROM stream_events
        WHERE kind = 'job' AND data_json ->> 'event' = 'completed' ORDER BY thread_id, seq";
    let statement = Statement::from_string(reader.get_database_backend(), text);
    let mut orders: HashMap<ThreadId, Vec<JobId>> = HashMap::new();
    for row in Completed::find_by_statement(statement)
        .all(reader)
        .await
        .unwrap()
    {
        let order = orders.entry(row.thread_id).or_default();
        order.push(row.job.parse().unwrap());
    }
    orders
}

#[derive(FromQueryResult)]
struct Effect {
    job_id: String,
    attempt: i64,
}

async fn effects(reader: &Reader) -> Vec<(JobId, i64)> {
    let text = "SELECT job_id, attempt FROM effects";
    let statement = Statement::from_string(reader.get_database_backend(), text);
    let effects = Effect::find_by_statement(statement)
        .all(reader)
        .await
        .unwrap();
    let pairs = effects
        .into_iter()
        .map(|effect| (effect.job_id.parse().unwrap(), effect.attempt));
    pairs.collect()
}
