//! What ends a statement that does not end by itself, and what its end says of the connection.

use std::{io, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::alarm::Alarm;

/// What ends a statement that does not end by itself.
pub(super) struct Watch {
    pub between_statements: bool,
    pub limit: Limit,
}

pub(super) enum Limit {
    /// The server is told its own, shorter limit; this one is for a server that is silent.
    Postgres {
        revoked: CancellationToken,
        patience: Duration,
    },
    /// The engine asks the alarm while it works.
    Sqlite { alarm: Alarm, patience: Duration },
}

impl Watch {
    /// Runs one statement. Whoever drops this future, or sees it fail in another way than by the
    /// database's own refusal, leaves the connection spoilt.
    pub async fn over<T>(
        &mut self,
        statement: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        self.between_statements = false;
        let outcome = match &self.limit {
            Limit::Postgres { revoked, patience } => {
                tokio::select! {
                    biased;
                    outcome = statement => outcome,
                    () = revoked.cancelled() => Err(revoked_error()),
                    () = tokio::time::sleep(*patience) => Err(silent()),
                }
            }
            Limit::Sqlite { alarm, patience } => {
                let set = alarm.set(*patience);
                let outcome = statement.await;
                set.finish();
                outcome
            }
        };
        self.between_statements = outcome.as_ref().err().is_none_or(leaves_in_step);
        outcome
    }
}

/// Whether both sides still agree on where they are after `error`.
fn leaves_in_step(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            if refusal
                .try_downcast_ref::<sqlx::sqlite::SqliteError>()
                .is_some()
            {
                // After these SQLite may have rolled back by itself
                // (<https://www.sqlite.org/lang_transaction.html>, 3.1).
                let primary = code.parse::<i32>().unwrap_or_default() & 0xff;
                return !matches!(primary, 7 | 9 | 10 | 11 | 13);
            }
            // Class 57P and 08: the server ends the connection.
            !code.starts_with("57P") && !code.starts_with("08")
        }
        _ => false,
    }
}

fn revoked_error() -> sqlx::Error {
    let reason = "the server stopped answering, or is no longer the primary";
    io::Error::new(io::ErrorKind::ConnectionAborted, reason).into()
}

pub(super) fn silent() -> sqlx::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the server did not answer in time").into()
}
