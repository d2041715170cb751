//! Units of work: begin, run, commit or roll back, and run again what was no fault of theirs.

use std::{
    convert::Infallible,
    fmt::Write,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use sea_orm::DbErr;
use tracing::Instrument;

use crate::{
    Database, Error, Tx,
    database::{Backend, Inner},
    error::{Transient, transient},
    reader::{Intent, Reader, jitter},
    refusal::exec_error,
    server::SILENCE,
    transaction::CommitError,
};

/// A unit of work is tried so often in all, while the caller's patience lasts.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Whether a commit of unknown outcome may be repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeatable {
    No,
    /// The work itself finds out whether it was done before.
    Yes,
}

/// An attempt that failed.
struct Failed<E> {
    error: E,
    again: Option<Transient>,
}

/// A transaction that did not even begin.
pub(crate) struct NotBegun {
    pub error: DbErr,
    again: Option<Transient>,
}

/// What a rehearsal came to; to the transaction it is a failure.
enum Rehearsed<T, E> {
    Done(T),
    Failed(E),
}

impl<T, E: From<Error>> From<Error> for Rehearsed<T, E> {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Database {
    /// Runs `work` on one snapshot of the database.
    ///
    /// It may run more than once: after the loss of its connection, and against the primary after a
    /// replica has cancelled it.
    pub async fn read<T, E: From<Error>>(
        &self,
        work: impl AsyncFn(Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let span = tracing::debug_span!("database read", priority = self.reader.priority.as_str());
        self.run(Intent::Read, Repeatable::Yes, work)
            .instrument(span)
            .await
    }

    /// Runs `work` in a transaction that commits if it succeeds and rolls back if it fails.
    ///
    /// It runs again from its beginning when the database broke it off for another's sake (a
    /// serialization failure, a deadlock) or the connection was lost before the commit was sent. A
    /// commit whose outcome is unknown is [`Error::OutcomeUnknown`]. Whoever drops the future rolls
    /// back, unless the commit was under way already.
    ///
    /// In a task that is spawned, give work as `|tx| { let ctx = ctx.clone(); async move { … } }`: of
    /// an async closure that borrows, the compiler cannot yet see that its future is `Send`.
    pub async fn write<T, E: From<Error>>(
        &self,
        work: impl AsyncFn(Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let span = tracing::debug_span!("database write", priority = self.reader.priority.as_str());
        self.run(Intent::Write, Repeatable::No, work)
            .instrument(span)
            .await
    }

    /// As [`Database::write`], for work that finds its own earlier success by a key: a commit of
    /// unknown outcome is followed by another attempt.
    pub async fn write_once<T, E: From<Error>>(
        &self,
        work: impl AsyncFn(Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let span = tracing::debug_span!("database write", priority = self.reader.priority.as_str());
        self.run(Intent::Write, Repeatable::Yes, work)
            .instrument(span)
            .await
    }

    /// As [`Database::write`], for work that uses up what it cannot have twice, such as a stream: it
    /// runs once at most.
    pub async fn write_without_retry<T, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let attempt = self.attempt(Intent::Write, Repeatable::No, 0, work);
        attempt.await.map_err(|failed| failed.error)
    }

    /// As [`Database::write`], and rolls back in the end whatever came of it: to say what a write would do.
    pub async fn rehearse<T, E: From<Error>>(
        &self,
        work: impl AsyncFn(Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let unit = async |tx: Tx| -> Result<Infallible, Rehearsed<T, E>> {
            Err(match work(tx).await {
                Ok(done) => Rehearsed::Done(done),
                Err(error) => Rehearsed::Failed(error),
            })
        };
        match self.write(unit).await {
            Err(Rehearsed::Done(done)) => Ok(done),
            Err(Rehearsed::Failed(error)) => Err(error),
            Ok(never) => match never {},
        }
    }

    async fn run<T, E: From<Error>>(
        &self,
        intent: Intent,
        repeatable: Repeatable,
        work: impl AsyncFn(Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            let failed = match self.attempt(intent, repeatable, attempt, &work).await {
                Ok(value) => return Ok(value),
                Err(failed) => failed,
            };
            attempt += 1;
            let Some(reason) = failed.again else {
                return Err(failed.error);
            };
            if attempt == ATTEMPTS || started.elapsed() > self.longest(reason) {
                return Err(failed.error);
            }
            self.reader.inner.observer.note_retry(reason);
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    /// For how long a unit of work is tried again. Whoever hung on a silent server has not had the
    /// patience of one who waits for a connection.
    fn longest(&self, reason: Transient) -> Duration {
        let silence = match reason {
            Transient::Lost => SILENCE,
            _ => Duration::ZERO,
        };
        self.reader.patience() + silence
    }

    async fn attempt<T, E: From<Error>>(
        &self,
        intent: Intent,
        repeatable: Repeatable,
        attempt: u32,
        work: impl AsyncFnOnce(Tx) -> Result<T, E>,
    ) -> Result<T, Failed<E>> {
        let tx = self
            .begin_unit(intent, attempt)
            .await
            .map_err(|refused| Failed {
                error: Error::from(refused.error).into(),
                again: refused.again,
            })?;
        let worked = AssertUnwindSafe(work(tx.clone())).catch_unwind().await;
        let outcome = worked.unwrap_or_else(|_| {
            Err(Error::Unfinished("it panicked; the log has more".to_owned()).into())
        });
        match outcome {
            Ok(value) => match tx.end_well().await {
                Ok(()) => Ok(value),
                Err(error) => Err(not_committed(&tx, error, repeatable)),
            },
            Err(error) => {
                let again = tx.unit.transient();
                if matches!(again, Some(Transient::Lost | Transient::NotPrimary)) {
                    tx.unit.suspect_server().await;
                }
                // A snapshot that tried to write does so again.
                let again = again
                    .filter(|reason| intent == Intent::Write || *reason != Transient::NotPrimary);
                if let Err(error) = tx.end_badly().await {
                    tracing::debug!(%error, "a failed unit of work did not roll back; its connection is closed");
                }
                Err(Failed { error, again })
            }
        }
    }

    pub(crate) async fn begin_unit(&self, intent: Intent, attempt: u32) -> Result<Tx, NotBegun> {
        let lent = self.reader.lend(intent, attempt).await;
        let mut lease = lent.map_err(|refusal| NotBegun {
            error: refusal.into(),
            again: None,
        })?;
        let begun = lease.begin(&self.reader.begin_script(intent)).await;
        if let Err(error) = begun {
            let again = transient(&error);
            if again == Some(Transient::Lost) {
                lease.suspect_server();
            }
            let error = exec_error(error);
            return Err(NotBegun { error, again });
        }
        let tells_position = intent == Intent::Write && self.reader.inner.has_replicas();
        let session = tells_position.then(|| Arc::clone(&self.reader.session));
        let board = Arc::clone(&self.reader.inner.board);
        Ok(Tx::new(lease, session, board))
    }
}

fn not_committed<E: From<Error>>(tx: &Tx, error: CommitError, repeatable: Repeatable) -> Failed<E> {
    let again = match &error {
        CommitError::Refused(_) | CommitError::Failed => tx.unit.transient(),
        CommitError::Unknown(_) => (repeatable == Repeatable::Yes).then_some(Transient::Lost),
    };
    Failed {
        error: Error::from(error).into(),
        again,
    }
}

impl Reader {
    /// How a unit of work begins, in one round trip.
    pub(crate) fn begin_script(&self, intent: Intent) -> String {
        let begin = match (&self.inner.backend, intent) {
            (Backend::Sqlite(_), Intent::Write) => "BEGIN IMMEDIATE",
            (Backend::Postgres(_), Intent::Read) => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
            (Backend::Sqlite(_), Intent::Read) | (Backend::Postgres(_), Intent::Write) => "BEGIN",
        };
        let mut script = begin.to_owned();
        if self.inner.settings.behind_pgbouncer {
            // A pooler's server connections are not ours to set up.
            let limit = self.inner.settings.statement_limit(self.priority);
            let limit = limit.unwrap_or_default().as_millis();
            let _ = write!(
                script,
                "; SET LOCAL statement_timeout = {limit}; \
                 SET LOCAL idle_in_transaction_session_timeout = 60000"
            );
        }
        if let Some(tenant) = self.bound_tenant() {
            let _ = write!(script, "; SET LOCAL app.user_id = '{tenant}'");
        }
        script
    }
}

impl Inner {
    pub fn has_replicas(&self) -> bool {
        match &self.backend {
            Backend::Sqlite(_) => false,
            Backend::Postgres(cluster) => !cluster.replicas.is_empty(),
        }
    }
}

/// Full jitter over an exponentially growing pause.
fn pause(attempt: u32) -> Duration {
    let most = FIRST_PAUSE.saturating_mul(1 << attempt.min(10));
    jitter(most.min(LONGEST_PAUSE))
}
