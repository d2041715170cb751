//! What statements cost: a histogram, and a line in the log for the slow and the failed ones.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounterVec, Opts};

use crate::{
    error::{Transient, sqlstate_of},
    fingerprint::Fingerprint,
};

/// From a tenth of a millisecond to a minute.
const BUCKETS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1.0, 10.0, 60.0,
];

/// Watches every statement of a database.
#[derive(Debug)]
pub(crate) struct Observer {
    slow: Duration,
    pub times: HistogramVec,
    pub retries: IntCounterVec,
    by_operation: [Histogram; 6],
}

/// One statement under way.
pub(crate) struct Timer {
    observer: Arc<Observer>,
    sql: Arc<str>,
    started: Instant,
}

impl Observer {
    pub fn new(slow: Duration) -> Result<Self, prometheus::Error> {
        let options = HistogramOpts::new(
            "tallystick_db_statement_seconds",
            "Time to the end of a database statement",
        );
        let times = HistogramVec::new(options.buckets(BUCKETS.to_vec()), &["operation"])?;
        let by_operation = Operation::ALL.map(|name| times.with_label_values(&[name.as_str()]));
        let options = Opts::new(
            "tallystick_db_retries_total",
            "Units of work that were run again, by the reason",
        );
        Ok(Self {
            slow,
            times,
            retries: IntCounterVec::new(options, &["reason"])?,
            by_operation,
        })
    }

    pub fn note_retry(&self, reason: Transient) {
        self.retries.with_label_values(&[reason.as_str()]).inc();
    }

    pub fn start(self: &Arc<Self>, sql: &Arc<str>) -> Timer {
        Timer {
            observer: Arc::clone(self),
            sql: Arc::clone(sql),
            started: Instant::now(),
        }
    }
}

impl Timer {
    pub fn stop<T>(self, outcome: &Result<T, sqlx::Error>) {
        let taken = self.stop_bulk(outcome);
        if outcome.is_ok() && taken >= self.observer.slow {
            let Fingerprint { id, text } = Fingerprint::of(&self.sql);
            let milliseconds = taken.as_millis();
            tracing::warn!(%id, statement = %text, %milliseconds, "a slow database statement");
        }
    }

    /// For a statement that moves so many rows that its slowness is no news.
    pub fn stop_bulk<T>(&self, outcome: &Result<T, sqlx::Error>) -> Duration {
        let taken = self.started.elapsed();
        let operation = Operation::of(&self.sql);
        self.observer.by_operation[operation as usize].observe(taken.as_secs_f64());
        if let Err(error) = outcome {
            self.log_failure(error, taken);
        }
        taken
    }

    /// The database's own message may quote a value, so that only its code is kept.
    fn log_failure(&self, error: &sqlx::Error, taken: Duration) {
        let Fingerprint { id, text } = Fingerprint::of(&self.sql);
        let milliseconds = taken.as_millis();
        let code = sqlstate_of(error).unwrap_or_else(|| kind_of(error).into());
        tracing::debug!(%id, statement = %text, %code, %milliseconds, "a database statement failed");
    }
}

fn kind_of(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(_) => "connection lost",
        sqlx::Error::Protocol(_) => "protocol",
        sqlx::Error::Encode(_) => "value not encodable",
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => "value not decodable",
        _ => "other",
    }
}

/// Whether `sql` reads and does nothing else. One that begins with WITH may still write; a word that
/// only looks like it is refused too.
pub(crate) fn is_reading(sql: &str) -> bool {
    const WRITING: [&str; 4] = ["insert", "update", "delete", "merge"];
    let mut words = sql
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty());
    match words.next().map(str::to_ascii_lowercase).as_deref() {
        Some("select" | "values" | "show" | "explain" | "pragma") => true,
        Some("with") => words.all(|word| {
            !WRITING
                .iter()
                .any(|writing| word.eq_ignore_ascii_case(writing))
        }),
        _ => false,
    }
}

/// Kinds of statements, by their first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Select,
    Insert,
    Update,
    Delete,
    Transaction,
    Other,
}

impl Operation {
    const ALL: [Self; 6] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::Transaction,
        Self::Other,
    ];

    pub fn of(sql: &str) -> Self {
        let word = sql
            .trim_start()
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or_default();
        let is = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        match () {
            () if is(&["select", "with", "values"]) => Self::Select,
            () if is(&["insert"]) => Self::Insert,
            () if is(&["update"]) => Self::Update,
            () if is(&["delete"]) => Self::Delete,
            () if is(&["begin", "commit", "rollback", "savepoint", "release"]) => Self::Transaction,
            () => Self::Other,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Transaction => "transaction",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_reading;

    #[test]
    fn what_writes_is_told_from_what_reads() {
        for reads in [
            "SELECT 1",
            " select \"update\" FROM t",
            "(SELECT 1) UNION ALL (SELECT 2)",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "VALUES (1)",
        ] {
            assert!(is_reading(reads), "{reads}");
        }
        for writes in [
            "INSERT INTO t VALUES (1) RETURNING id",
            "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
            "update t SET a = 1",
            "BEGIN",
            "SET a = 1",
            "",
        ] {
            assert!(!is_reading(writes), "{writes}");
        }
    }
}
