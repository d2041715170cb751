//! Migrations that cannot run in a transaction (PostgreSQL).

use std::time::Instant;

use sea_orm::{ConnectionTrait, Statement, TransactionTrait};

use super::{
    Event, Schema, Work,
    run::{first_line, is_lock_trouble, pause},
};
use crate::{Error, history::Action};

impl Schema {
    /// Statement by statement, under a line of the record that stays open until all are done.
    pub(super) async fn run_outside(&self, work: &Work<'_>) -> Result<(), Error> {
        let tx = self.connection.begin().await?;
        self.require_lock(&tx).await?;
        if work.action == Action::Down {
            tx.execute_raw(work.mark.clone()).await?;
        }
        tx.execute_raw(work.begin.clone()).await?;
        tx.commit().await?;

        for (index, statement) in work.statements.iter().enumerate() {
            let outcome = self.run_statement_outside(work.version, statement).await;
            outcome.map_err(|source| Error::StatementOutside {
                version: work.version.to_owned(),
                number: index + 1,
                of: work.statements.len(),
                statement: first_line(statement),
                source,
            })?;
        }

        let tx = self.connection.begin().await?;
        self.require_lock(&tx).await?;
        if work.action == Action::Up {
            tx.execute_raw(work.mark.clone()).await?;
        }
        tx.execute_raw(work.finish.clone()).await?;
        Ok(tx.commit().await?)
    }

    async fn run_statement_outside(&self, version: &str, sql: &str) -> Result<(), db::Error> {
        let index = index_built_concurrently(sql);
        // What runs concurrently keeps nobody waiting, however long it waits itself.
        let limit = if sql.to_ascii_uppercase().contains("CONCURRENTLY") {
            self.options.patience.as_millis()
        } else {
            self.options.lock_timeout.as_millis()
        };
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            let set = format!("SET lock_timeout = {limit}; SET row_security = off");
            self.connection.execute_unprepared(&set).await?;
            if let Some(index) = index {
                self.drop_if_invalid(index).await?;
            }
            let Err(error) = self.connection.execute_unprepared(sql).await else {
                return Ok(());
            };
            let error = db::Error::from(error);
            if !is_lock_trouble(&error) || started.elapsed() > self.options.patience {
                return Err(error);
            }
            attempts += 1;
            let holders = self.holders().await;
            self.tell(&Event::LockedOut {
                version,
                attempt: attempts,
                holders: &holders,
            });
            tokio::time::sleep(pause(attempts)).await;
        }
    }

    /// A broken CREATE INDEX CONCURRENTLY leaves an index that costs writes and serves no reads.
    async fn drop_if_invalid(&self, index: &str) -> Result<(), db::Error> {
        let ask = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid";
        let backend = self.connection.get_database_backend();
        let ask = Statement::from_sql_and_values(backend, ask, [index.into()]);
        if self.connection.query_one_raw(ask).await?.is_some() {
            let drop = format!("DROP INDEX CONCURRENTLY {index}");
            self.connection.execute_unprepared(&drop).await?;
        }
        Ok(())
    }
}

/// The name of the index that the statement builds concurrently.
pub(crate) fn index_built_concurrently(sql: &str) -> Option<&str> {
    let mut words = sql
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .flat_map(str::split_whitespace);
    let mut word = words.next()?;
    for expected in ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"] {
        if word.eq_ignore_ascii_case(expected) {
            word = words.next()?;
        } else if expected != "UNIQUE" {
            return None;
        }
    }
    for expected in ["IF", "NOT", "EXISTS"] {
        if word.eq_ignore_ascii_case(expected) {
            word = words.next()?;
        }
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::index_built_concurrently;

    #[test]
    fn the_index_of_a_concurrent_build_is_found() {
        let built = index_built_concurrently;
        assert_eq!(built("CREATE INDEX CONCURRENTLY a ON t (x)"), Some("a"));
        assert_eq!(
            built("-- why\ncreate unique index concurrently if not exists b\non t (x)"),
            Some("b")
        );
        assert_eq!(built("CREATE INDEX a ON t (x)"), None);
        assert_eq!(built("DROP INDEX CONCURRENTLY a"), None);
    }
}
