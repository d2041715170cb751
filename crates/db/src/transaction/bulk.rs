//! Rows by the thousand.

use std::sync::Arc;

use sea_orm::DbErr;
use sqlx::sqlite::SqliteArguments;

use super::Tx;
use crate::refusal::exec_error;

impl Tx {
    /// Copies lines of COPY's text format; answers how many. PostgreSQL alone.
    pub(crate) async fn copy_lines(&self, copy: &Arc<str>, lines: &str) -> Result<u64, DbErr> {
        let mut turn = self.unit.turn().await?;
        let outcome = turn.lease()?.copy_in(copy, lines.as_bytes()).await;
        turn.note(&outcome);
        outcome.map_err(exec_error)
    }

    /// Inserts rows by a statement that is prepared once. SQLite alone.
    pub(crate) async fn insert_batch(
        &self,
        insert: Arc<str>,
        arguments: SqliteArguments,
    ) -> Result<u64, DbErr> {
        let mut turn = self.unit.turn().await?;
        let outcome = turn.lease()?.insert_batch(insert, arguments).await;
        turn.note(&outcome);
        outcome.map_err(exec_error)
    }
}
