//! Rows by the thousand.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, sqlite::SqliteArguments};

use super::{Connection, Wire};

/// The size of one message: large enough for few system calls, small enough for the buffers between.
const MESSAGE: usize = 256 << 10;

impl Connection {
    /// Sends `data` to a `COPY … FROM STDIN`; answers how many rows it was.
    pub async fn copy_in(&mut self, copy: &Arc<str>, data: &[u8]) -> Result<u64, sqlx::Error> {
        let timer = self.observer.start(copy);
        let Wire::Postgres { connection, .. } = &mut self.wire else {
            return Err(not_here());
        };
        let copying = async {
            let mut copying = connection.copy_in_raw(copy).await?;
            for message in data.chunks(MESSAGE) {
                copying.send(message).await?;
            }
            copying.finish().await
        };
        let outcome = self.watch.over(copying).await;
        timer.stop_bulk(&outcome);
        outcome
    }

    /// Runs an insert of many rows; answers how many.
    pub async fn insert_batch(
        &mut self,
        insert: Arc<str>,
        arguments: SqliteArguments,
    ) -> Result<u64, sqlx::Error> {
        let timer = self.observer.start(&insert);
        let Wire::Sqlite { connection } = &mut self.wire else {
            return Err(not_here());
        };
        let inserting = sqlx::query_with(AssertSqlSafe(insert), arguments).execute(connection);
        let outcome = self.watch.over(inserting).await;
        timer.stop_bulk(&outcome);
        outcome.map(|done| done.rows_affected())
    }
}

fn not_here() -> sqlx::Error {
    sqlx::Error::Configuration("this engine loads rows in another way".into())
}
