//! Running one migration: whole or not at all, and never in the way for long.

use std::time::{Duration, Instant};

use db::Engine;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, TransactionTrait};

use super::{Event, Schema, Work};
use crate::{Error, history::Action, state::Versions};

/// What was done with one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub version: String,
    pub duration: Duration,
}

/// Which of how many.
#[derive(Clone, Copy)]
struct Place {
    number: usize,
    of: usize,
}

/// Even when an attempt has used up its time, a lock that nobody holds is to be had.
const SHORTEST_LOCK_TIMEOUT: Duration = Duration::from_millis(20);
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

impl Schema {
    pub(super) async fn run_all(
        &self,
        works: &[Work<'_>],
        planned_on: &Versions,
    ) -> Result<Vec<Applied>, Error> {
        match self.engine {
            Engine::Sqlite => self.run_on_sqlite(works, planned_on).await,
            // Of a database that nobody uses yet, a failure leaves nothing.
            Engine::Postgres => {
                let is_new = planned_on.current().is_none();
                self.run_on_postgres(works, is_new).await
            }
        }
    }

    /// On a new database all is one transaction, as far as may be.
    async fn run_on_postgres(
        &self,
        works: &[Work<'_>],
        is_new: bool,
    ) -> Result<Vec<Applied>, Error> {
        let mut done = Vec::with_capacity(works.len());
        let belong_together =
            |one: &Work, next: &Work| is_new && one.in_transaction && next.in_transaction;
        for group in works.chunk_by(belong_together) {
            let first = Place {
                number: done.len() + 1,
                of: works.len(),
            };
            match group {
                [work] if !work.in_transaction => {
                    self.announce(work, first);
                    let started = Instant::now();
                    self.run_outside(work).await?;
                    done.push(self.note_done(work, started));
                }
                group => done.extend(self.run_with_retries(group, first).await?),
            }
        }
        Ok(done)
    }

    fn announce(&self, work: &Work<'_>, Place { number, of }: Place) {
        let version = work.version;
        self.tell(&match work.action {
            Action::Up => Event::Applying {
                version,
                number,
                of,
            },
            _ => Event::TakingBack {
                version,
                number,
                of,
            },
        });
    }

    fn note_done(&self, work: &Work<'_>, started: Instant) -> Applied {
        let duration = started.elapsed();
        let version = work.version;
        self.tell(&Event::Done { version, duration });
        Applied {
            version: version.to_owned(),
            duration,
        }
    }

    /// All in the one transaction that keeps other writers out, so that a start that is broken off
    /// leaves nothing.
    async fn run_on_sqlite(
        &self,
        works: &[Work<'_>],
        planned_on: &Versions,
    ) -> Result<Vec<Applied>, Error> {
        let tx = self.begin_immediate().await?;
        self.expect_unchanged(&tx, planned_on).await?;
        let mut done = Vec::with_capacity(works.len());
        for (index, work) in works.iter().enumerate() {
            let place = Place {
                number: index + 1,
                of: works.len(),
            };
            self.announce(work, place);
            let started = Instant::now();
            tx.execute_raw(work.begin.clone()).await?;
            for (index, statement) in work.statements.iter().enumerate() {
                let outcome = tx.execute_unprepared(statement).await;
                outcome.map_err(|error| failed(work, index, error.into()))?;
            }
            tx.execute_raw(work.mark.clone()).await?;
            tx.execute_raw(work.finish.clone()).await?;
            refuse_broken_references(&tx, work.version).await?;
            done.push(self.note_done(work, started));
        }
        tx.commit().await?;
        Ok(done)
    }

    async fn run_with_retries(
        &self,
        works: &[Work<'_>],
        first: Place,
    ) -> Result<Vec<Applied>, Error> {
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            let error = match self.run_in_transaction(works, first).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let version = error.version().unwrap_or(works[0].version).to_owned();
            if !is_worth_another_attempt(&error) {
                return Err(match error {
                    Error::Database(source) => Error::BrokeOff { version, source },
                    error => error,
                });
            }
            attempts += 1;
            let waited = started.elapsed();
            let holders = self.holders().await;
            if waited > self.options.patience {
                return Err(Error::LockedOut {
                    version,
                    attempts,
                    waited,
                    holders,
                });
            }
            self.tell(&Event::LockedOut {
                version: &version,
                attempt: attempts,
                holders: &holders,
            });
            tokio::time::sleep(pause(attempts)).await;
        }
    }

    async fn run_in_transaction(
        &self,
        works: &[Work<'_>],
        first: Place,
    ) -> Result<Vec<Applied>, Error> {
        let tx = self.connection.begin().await?;
        self.require_lock(&tx).await?;
        // Where row security would hide a tenant's rows from a statement, that fails instead of
        // passing them over.
        tx.execute_unprepared("SET LOCAL row_security = off")
            .await?;
        let mut done = Vec::with_capacity(works.len());
        let began = Instant::now();
        for (index, work) in works.iter().enumerate() {
            let number = first.number + index;
            self.announce(work, Place { number, ..first });
            let started = Instant::now();
            tx.execute_raw(work.begin.clone()).await?;
            for (index, statement) in work.statements.iter().enumerate() {
                let left = self.options.lock_timeout.saturating_sub(began.elapsed());
                let limit = left.max(SHORTEST_LOCK_TIMEOUT).as_millis();
                let limit = format!("SET LOCAL lock_timeout = {limit}");
                tx.execute_unprepared(&limit).await?;
                let outcome = tx.execute_unprepared(statement).await;
                outcome.map_err(|error| failed(work, index, error.into()))?;
            }
            tx.execute_raw(work.mark.clone()).await?;
            tx.execute_raw(work.finish.clone()).await?;
            done.push(self.note_done(work, started));
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Who holds locks on the schema's tables, in words. What others do is not for everybody to see:
    /// then at least their process is named.
    pub(super) async fn holders(&self) -> String {
        let ask = "SELECT concat_ws(' ',
                coalesce(nullif(max(a.application_name), ''), max(a.usename)::text),
                format('(pid %s', l.pid) || coalesce(', ' || max(a.state), '') || ')',
                'for ' || extract(epoch FROM clock_timestamp() - max(a.xact_start))::bigint || ' s')
            FROM pg_locks l
            JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
                AND c.relnamespace = quote_ident(current_schema())::regnamespace
            LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.granted AND l.pid <> pg_backend_pid()
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            GROUP BY l.pid
            ORDER BY max(a.xact_start) NULLS LAST, l.pid
            LIMIT 3";
        let backend = self.connection.get_database_backend();
        let rows = self
            .connection
            .query_all_raw(Statement::from_string(backend, ask))
            .await;
        let holders: Vec<String> = rows
            .unwrap_or_default()
            .iter()
            .filter_map(|row| row.try_get_by_index(0).ok())
            .collect();
        if holders.is_empty() {
            return String::new();
        }
        format!(" The tables are in use by {}.", holders.join(", "))
    }
}

fn failed(work: &Work<'_>, index: usize, source: db::Error) -> Error {
    Error::Statement {
        version: work.version.to_owned(),
        number: index + 1,
        of: work.statements.len(),
        statement: first_line(&work.statements[index]),
        source,
    }
}

pub(super) fn first_line(statement: &str) -> String {
    let mut lines = statement.lines();
    let first = lines.next().unwrap_or_default().trim_end().to_owned();
    if lines.next().is_some() {
        first + " …"
    } else {
        first
    }
}

fn is_worth_another_attempt(error: &Error) -> bool {
    match error {
        Error::Statement { source, .. } | Error::Database(source) => is_lock_trouble(source),
        _ => false,
    }
}

/// `lock_not_available`, or one of two that waited for each other.
pub(super) fn is_lock_trouble(error: &db::Error) -> bool {
    error.sqlstate().as_deref() == Some("55P03")
        || error.is_deadlock()
        || error.is_serialization_failure()
}

/// Long enough for those who waited behind the attempt to get on, and never in step with others.
pub(super) fn pause(attempt: u32) -> Duration {
    let most = SHORTEST_PAUSE
        .saturating_mul(1 << attempt.min(8))
        .min(LONGEST_PAUSE);
    most.mul_f64(rand::random_range(0.5..1.0))
}

async fn refuse_broken_references(tx: &DatabaseTransaction, version: &str) -> Result<(), Error> {
    let ask = Statement::from_string(tx.get_database_backend(), "PRAGMA foreign_key_check");
    let rows = tx.query_all_raw(ask).await?;
    match rows.first() {
        None => Ok(()),
        Some(first) => Err(Error::BrokenReferences {
            version: version.to_owned(),
            rows: rows.len(),
            table: first.try_get("", "table")?,
        }),
    }
}
