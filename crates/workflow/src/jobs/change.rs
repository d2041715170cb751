//! The one way in which a job changes: an event that the table allows, with its row of the history and its line
//! in the thread's stream.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use db::{Tx, hints::tell_soon};
use entity::{
    values::{JobEventKind, JobStatus, ThreadId},
    workflow::job::Model,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{store, transition};
use crate::{Error, hints};

/// An event of one job, which is written by [`write`].
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// As it will be.
    pub job: Model,
    /// The number of the last event before this one.
    pub after: i64,
    pub event: JobEventKind,
    pub details: Value,
}

impl Change {
    /// What `event` makes of `job`.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] where the event cannot happen to a job of this status.
    pub fn of(job: Model, event: JobEventKind, now: DateTime<Utc>) -> Result<Self, Error> {
        let from = job.status;
        let Some(status) = transition::next(Some(from), event) else {
            let (id, status) = (job.id, from);
            return Err(Error::NotAllowed { id, status, event });
        };
        let after = job.event_seq;
        let runs = status == JobStatus::Running;
        let ends = !transition::is_open(status);
        let job = Model {
            status,
            is_next: false,
            lease_token: job.lease_token.filter(|_| runs),
            lease_expires_at: job.lease_expires_at.filter(|_| runs),
            finished_at: if ends { Some(now) } else { job.finished_at },
            event_seq: after + 1,
            updated_at: now,
            ..job
        };
        Ok(Self {
            job,
            after,
            event,
            details: json!({}),
        })
    }

    /// Begins an attempt under a lease.
    pub fn claimed(mut self, token: Uuid, worker: &str, until: DateTime<Utc>) -> Self {
        let job = &mut self.job;
        job.attempt += 1;
        job.lease_token = Some(token);
        job.lease_expires_at = Some(until);
        job.worker = Some(worker.to_owned());
        job.started_at = job.started_at.or(Some(job.updated_at));
        let details = json!({"attempt": job.attempt, "worker": worker, "lease_expires_at": until});
        self.with(details)
    }

    pub fn with_result(mut self, result: Option<Value>) -> Self {
        self.job.result_json = result;
        self
    }

    pub fn with_error(mut self, error: String) -> Self {
        self.details = json!({"error": error});
        self.job.error = Some(error);
        self
    }

    /// Does not run before `pause` is over.
    pub fn delayed(mut self, pause: TimeDelta) -> Self {
        self.job.run_at = self.job.updated_at + pause;
        let run_at = json!({"run_at": self.job.run_at});
        self.with(run_at)
    }

    /// What the history says beside the event's name.
    pub fn with(mut self, details: Value) -> Self {
        let mut all: Map<String, Value> = match self.details {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        if let Value::Object(more) = details {
            all.extend(more);
        }
        self.details = Value::Object(all);
        self
    }

    /// The line in the thread's stream.
    pub fn line(&self) -> Value {
        let job = &self.job;
        let line = json!({
            "job_id": job.id,
            "event": self.event,
            "status": job.status,
            "mode": job.mode,
            "attempt": job.attempt,
        });
        let (Value::Object(mut line), Value::Object(details)) = (line, &self.details) else {
            return Value::Null;
        };
        for (name, value) in details {
            line.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Value::Object(line)
    }
}

/// Writes changes of jobs whose queues have been locked.
///
/// # Errors
///
/// [`Error::Interfered`] if one of the jobs is no longer as it was read.
pub(crate) async fn write(
    tx: &Tx,
    now: DateTime<Utc>,
    changes: Vec<Change>,
) -> Result<Vec<Model>, Error> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    store::write(tx, now, &changes).await?;
    for thread in threads_of(&changes) {
        tell_soon(tx, hints::THREADS, thread.to_string());
    }
    Ok(changes.into_iter().map(|change| change.job).collect())
}

/// As [`write`], and lets the next jobs of their threads come forward.
pub(crate) async fn write_and_promote(
    tx: &Tx,
    now: DateTime<Utc>,
    changes: Vec<Change>,
) -> Result<Vec<Model>, Error> {
    let threads = threads_of(&changes);
    let jobs = write(tx, now, changes).await?;
    promote(tx, now, &threads).await?;
    Ok(jobs)
}

/// Lets the next jobs of threads come forward, and wakes workers for those that are due.
pub(crate) async fn promote(
    tx: &Tx,
    now: DateTime<Utc>,
    threads: &[ThreadId],
) -> Result<(), Error> {
    if !threads.is_empty() && store::promote(tx, now, threads).await? {
        tell_soon(tx, hints::JOBS, String::new());
    }
    Ok(())
}

/// The threads of jobs, each once.
pub(crate) fn threads_of(changes: &[Change]) -> Vec<ThreadId> {
    let threads: BTreeSet<ThreadId> = changes.iter().map(|change| change.job.thread_id).collect();
    threads.into_iter().collect()
}
