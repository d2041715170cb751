//! The database as a connection: single statements on the primary, each a transaction of its own,
//! none repeated.

use std::pin::Pin;

use async_trait::async_trait;
use futures_util::{TryStreamExt, stream::BoxStream};
use sea_orm::{
    AccessMode, ConnectionTrait, DbBackend, DbErr, ExecResult, IsolationLevel, QueryResult,
    Statement, StreamTrait, TransactionError, TransactionOptions, TransactionTrait,
};

use crate::{
    Database, Tx,
    observe::Operation,
    pool::Lease,
    reader::Intent,
    refusal::{exec_error, query_error},
    session::Session,
    transaction::{TELL, traits::finish},
};

/// The connection of one statement.
struct Single<'a> {
    lease: Lease,
    /// Who is to know how far the log is afterwards; `None` if that cannot matter.
    session: Option<&'a Session>,
}

impl Database {
    async fn lend_for(&self, sql: &str) -> Result<Single<'_>, DbErr> {
        let mut lease = self.reader.lend(Intent::Write, 0).await?;
        let begun = self.reader.begin_single(&mut lease, Intent::Write).await;
        begun.map_err(exec_error)?;
        // What such a statement leaves behind in its session is unknown: nobody is to inherit it.
        if matches!(
            Operation::of(sql),
            Operation::Transaction | Operation::Other
        ) {
            lease.retire();
        }
        let tells_position = self.reader.inner.has_replicas() && may_write(sql);
        let session = tells_position.then_some(&*self.reader.session);
        Ok(Single { lease, session })
    }
}

impl Single<'_> {
    async fn done<T>(mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let outcome = self.lease.end_single(outcome).await?;
        if let Some(session) = self.session {
            // The statement is done, whatever becomes of this question.
            let position = self.lease.script_for_text(TELL).await;
            session.note_answer(position.ok().flatten());
        }
        Ok(outcome)
    }
}

/// Whether a caller may look for what the statement wrote; one that begins with SELECT is taken at
/// its word.
fn may_write(sql: &str) -> bool {
    let word = sql.trim_start().get(..6);
    !word.is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

#[async_trait]
impl ConnectionTrait for Database {
    fn get_database_backend(&self) -> DbBackend {
        self.reader.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut single = self.lend_for(&statement.sql).await?;
        let outcome = single.lease.execute(statement).await;
        single.done(outcome).await.map_err(exec_error)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut single = self.lend_for(sql).await?;
        single.lease.retire();
        let outcome = single.lease.script(sql).await;
        single.done(outcome).await.map_err(exec_error)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut single = self.lend_for(&statement.sql).await?;
        let outcome = single.lease.fetch_first(statement).await;
        single.done(outcome).await.map_err(query_error)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut single = self.lend_for(&statement.sql).await?;
        let outcome = single.lease.fetch_all(statement).await;
        single.done(outcome).await.map_err(query_error)
    }
}

impl StreamTrait for Database {
    type Stream<'a> = BoxStream<'a, Result<QueryResult, DbErr>>;

    fn get_database_backend(&self) -> DbBackend {
        self.reader.backend()
    }

    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = Result<Self::Stream<'a>, DbErr>> + 'a + Send>> {
        Box::pin(async move {
            let mut single = self.lend_for(&statement.sql).await?;
            let rows: Self::Stream<'a> = Box::pin(async_stream::try_stream! {
                let failure = {
                    let mut rows = single.lease.stream(statement);
                    loop {
                        match rows.try_next().await {
                            Ok(Some(row)) => yield row,
                            Ok(None) => break None,
                            Err(error) => break Some(error),
                        }
                    }
                };
                let outcome = failure.map_or(Ok(()), Err);
                single.done(outcome).await.map_err(query_error)?;
            });
            Ok(rows)
        })
    }
}

#[async_trait]
impl TransactionTrait for Database {
    type Transaction = Tx;

    /// For code that knows sea-orm alone. [`Database::write`] also runs again what was broken off.
    async fn begin(&self) -> Result<Tx, DbErr> {
        let begun = self.begin_unit(Intent::Write, 0).await;
        begun.map_err(|refused| refused.error)
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<Tx, DbErr> {
        let options = TransactionOptions {
            isolation_level,
            access_mode,
            sqlite_transaction_mode: None,
        };
        self.begin_with_options(options).await
    }

    async fn begin_with_options(&self, options: TransactionOptions) -> Result<Tx, DbErr> {
        let tx = self.begin().await?;
        let level = options
            .isolation_level
            .map(|level| format!("ISOLATION LEVEL {level}"));
        let mode = options.access_mode.map(|mode| mode.to_string());
        let characteristics: Vec<_> = level.into_iter().chain(mode).collect();
        // SQLite's transactions are serializable, and their mode has no SQL.
        if !characteristics.is_empty() && self.reader.backend() == DbBackend::Postgres {
            let sql = format!("SET TRANSACTION {}", characteristics.join(", "));
            tx.execute_unprepared(&sql).await?;
        }
        Ok(tx)
    }

    async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Tx) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        T: Send,
        E: std::fmt::Display + std::fmt::Debug + Send,
    {
        self.transaction_with_config(callback, None, None).await
    }

    async fn transaction_with_config<F, T, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Tx) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        T: Send,
        E: std::fmt::Display + std::fmt::Debug + Send,
    {
        let tx = self.begin_with_config(isolation_level, access_mode).await;
        let tx = tx.map_err(TransactionError::Connection)?;
        let outcome = callback(&tx).await;
        finish(&tx, outcome).await
    }
}
