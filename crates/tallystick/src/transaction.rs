//! The one way in which a command changes something.

use db::{Database, Tx};

use crate::error::Error;

/// Runs `work` in a transaction that commits if it succeeds. It may run more than once.
pub async fn in_one_transaction<T>(
    database: &Database,
    work: impl AsyncFn(Tx) -> Result<T, Error>,
) -> Result<T, Error> {
    database.write(work).await
}
