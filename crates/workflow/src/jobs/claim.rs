use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use db::{ConnectionTrait, Tx, query::sql};
use entity::{
    values::{JobEventKind, JobId, JobMode, ThreadId, UserId},
    workflow::job::Model,
};
use identity::Ctx;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{
    change::{self, Change},
    store,
};
use crate::{Error, text};

/// The most jobs of one claim.
pub const MOST: u64 = 500;
const LONGEST_WORKER: usize = 200;
const PRIORITIES: std::ops::RangeInclusive<i64> = 0..=9;
pub const SHORTEST_LEASE: TimeDelta = TimeDelta::seconds(1);
pub const LONGEST_LEASE: TimeDelta = TimeDelta::hours(1);

/// What a worker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who asks, 1 to 200 characters.
    pub worker: String,
    /// Jobs of one user only, or of all.
    pub owner: Option<UserId>,
    pub modes: Vec<JobMode>,
    /// 1 to [`MOST`].
    pub limit: u64,
    /// For how long the jobs are the worker's, unless it extends that: a second to an hour.
    pub lease: TimeDelta,
}

impl Claim {
    /// # Errors
    ///
    /// [`Error::Invalid`] for a worker's name, a limit or a lease beyond what the fields say.
    pub fn check(&self) -> Result<(), Error> {
        text::check_line("/worker", &self.worker, LONGEST_WORKER)?;
        let refuse = |field, detail: String| Err(Error::Invalid { field, detail });
        if !(1..=MOST).contains(&self.limit) {
            return refuse("/limit", format!("must be 1 to {MOST}"));
        }
        if self.modes.is_empty() {
            return refuse("/modes", "must name at least one mode".to_owned());
        }
        check_lease(self.lease)
    }
}

/// A job that may be the next of its thread.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Candidate {
    pub id: JobId,
    pub thread_id: ThreadId,
    pub priority: i64,
    pub run_at: DateTime<Utc>,
}

/// Where candidates are looked for.
pub(super) struct Wanted<'a> {
    pub now: DateTime<Utc>,
    /// The largest priority first: each with the instant before which nothing is looked for.
    pub since: Vec<(i64, DateTime<Utc>)>,
    pub modes: &'a [JobMode],
    pub owner: Option<UserId>,
    pub limit: u64,
    /// Threads that this claim has looked at before.
    pub seen: Vec<ThreadId>,
}

/// Gives up to `limit` jobs to a worker: those that are due, the largest priority first, then by `run_at`, then
/// by age; of one thread no more than may run at a time, and none before one that comes before it there.
///
/// Jobs of threads that somebody else is changing at this moment are passed over. `horizon` is kept from one
/// claim to the next by who claims with the same modes for the same owner.
///
/// # Errors
///
/// [`Error::Invalid`] for a worker's name, a limit or a lease beyond what [`Claim`] says.
pub async fn claim(
    ctx: &Ctx,
    tx: &Tx,
    claim: &Claim,
    horizon: &Horizon,
) -> Result<Vec<Model>, Error> {
    claim.check()?;
    let round = Round {
        now: ctx.now(),
        token: Uuid::now_v7(),
    };
    let search = horizon.begin();
    let mut wanted = Wanted {
        now: round.now,
        since: search.since.clone(),
        modes: &claim.modes,
        owner: claim.owner,
        limit: claim.limit,
        seen: Vec::new(),
    };
    let mut jobs = Vec::new();
    loop {
        let candidates = store::lock_candidates(tx, &wanted).await?;
        if wanted.seen.is_empty() {
            horizon.end(&search, &candidates, round.now);
        }
        if candidates.is_empty() {
            return Ok(jobs);
        }
        let is_last = (candidates.len() as u64) < wanted.limit;
        jobs.extend(begin(tx, claim, &round, &candidates, wanted.limit).await?);
        wanted.limit = claim.limit.saturating_sub(jobs.len() as u64);
        if is_last || wanted.limit == 0 {
            return Ok(jobs);
        }
        // Some stood behind others of their threads that this worker does not do.
        wanted.seen.extend(threads_of(&candidates));
    }
}

fn threads_of(candidates: &[Candidate]) -> Vec<ThreadId> {
    let threads: HashSet<ThreadId> = candidates.iter().map(|found| found.thread_id).collect();
    threads.into_iter().collect()
}

/// What the jobs of one claim have in common.
struct Round {
    now: DateTime<Utc>,
    token: Uuid,
}

/// Begins the jobs that are next in the candidates' threads; candidates that are not next lose their mark.
async fn begin(
    tx: &Tx,
    claim: &Claim,
    round: &Round,
    candidates: &[Candidate],
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let now = round.now;
    let threads = threads_of(candidates);
    let heads = store::heads(tx, now, &threads).await?;
    let chosen = choose(heads, claim, limit);
    let ids: HashSet<JobId> = chosen.iter().map(|job| job.id).collect();
    let passed_over = candidates.iter().map(|found| found.id);
    let passed_over: Vec<JobId> = passed_over.filter(|id| !ids.contains(id)).collect();
    if !passed_over.is_empty() {
        store::unmark(tx, &passed_over).await?;
    }
    let start = |job: Model| {
        let change = Change::of(job, JobEventKind::Claimed, now)?;
        Ok(change.claimed(round.token, &claim.worker, now + claim.lease))
    };
    let changes = chosen
        .into_iter()
        .map(start)
        .collect::<Result<_, Error>>()?;
    let jobs = change::write(tx, now, changes).await?;
    // Where a thread has room for more than one, others come forward.
    change::promote(tx, now, &threads).await?;
    Ok(jobs)
}

/// Whether there is a job that [`claim`] might give, or not if another holds it: asked before a transaction is
/// begun for nothing.
pub async fn has_due(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    owner: Option<UserId>,
) -> Result<bool, Error> {
    let of_all = "SELECT id FROM jobs WHERE status = 'queued' AND is_next AND run_at <= $1 LIMIT 1";
    let of_one = "SELECT id FROM jobs
        WHERE status = 'queued' AND is_next AND run_at <= $1 AND owner_user_id = $2 LIMIT 1";
    let statement = match owner {
        None => sql(of_all, [ctx.now().into()]),
        Some(owner) => sql(of_one, [ctx.now().into(), owner.into()]),
    };
    Ok(db
        .query_one(&statement)
        .await
        .map_err(db::Error::from)?
        .is_some())
}

pub(super) fn check_lease(lease: TimeDelta) -> Result<(), Error> {
    if (SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) {
        return Ok(());
    }
    let detail = "must be 1 to 3600 seconds".to_owned();
    let field = "/lease_seconds";
    Err(Error::Invalid { field, detail })
}

/// Of a thread's jobs that may start, those before the first that the worker does not do: what stands behind
/// it waits for it.
fn choose(heads: Vec<Model>, claim: &Claim, limit: u64) -> Vec<Model> {
    let mut held: HashSet<ThreadId> = HashSet::new();
    let mut chosen: Vec<Model> = Vec::new();
    for job in heads {
        if claim.modes.contains(&job.mode) && !held.contains(&job.thread_id) {
            chosen.push(job);
        } else {
            held.insert(job.thread_id);
        }
    }
    chosen.sort_by_key(|job| (-job.priority, job.run_at, job.id));
    chosen.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    chosen
}

/// Where live candidates begin in the index of each priority.
///
/// Claimed jobs leave dead entries behind them in the index, and as long as some old snapshot is kept anywhere
/// on the server, nobody may remove them: every claim would walk over all of them. So one who claims again and
/// again begins where the last claim found the first live one, and looks at the whole only now and then, the
/// more rarely the longer that takes.
#[derive(Debug, Default)]
pub struct Horizon(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    first: BTreeMap<i64, DateTime<Utc>>,
    next_whole: Option<Instant>,
}

/// One claim's look at the index.
struct Search {
    since: Vec<(i64, DateTime<Utc>)>,
    is_whole: bool,
    begun: Instant,
}

/// Transactions that began so long ago may still bring jobs that are due since then.
const MARGIN: TimeDelta = TimeDelta::seconds(10);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// Looks at the whole take no more of the time than one part in so many.
const PARTS: u32 = 50;

impl Horizon {
    fn begin(&self) -> Search {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = Instant::now();
        let is_whole = seen.next_whole.is_none_or(|next| next <= begun);
        let since = |priority: i64| match seen.first.get(&priority) {
            Some(first) if !is_whole => *first,
            _ => DateTime::UNIX_EPOCH,
        };
        Search {
            since: PRIORITIES
                .rev()
                .map(|priority| (priority, since(priority)))
                .collect(),
            is_whole,
            begun,
        }
    }

    fn end(&self, search: &Search, found: &[Candidate], now: DateTime<Utc>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Behind the last that was found, the smaller priorities were not looked at.
        let last = found.last().map(|found| found.priority);
        for (priority, since) in &search.since {
            let first = found.iter().find(|found| found.priority == *priority);
            let first = match first {
                Some(first) => first.run_at,
                None if last.is_none_or(|last| last < *priority) => now - MARGIN,
                None => *since,
            };
            seen.first
                .insert(*priority, first.min(now - MARGIN).max(*since));
        }
        if search.is_whole {
            let pause = (search.begun.elapsed() * PARTS).max(SHORTEST_PAUSE);
            seen.next_whole = Some(Instant::now() + pause);
        }
    }
}
