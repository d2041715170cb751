//! sea-orm's traits on a transaction.

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use futures_util::{TryStreamExt, stream::BoxStream};
use sea_orm::{
    AccessMode, ConnectionTrait, DbBackend, DbErr, ExecResult, IsolationLevel, QueryResult,
    Statement, StreamTrait, TransactionError, TransactionOptions, TransactionSession,
    TransactionTrait,
};

use super::{CommitError, Tx};
use crate::{
    Error,
    refusal::{exec_error, query_error},
};

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.unit.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut turn = self.unit.turn().await?;
        let outcome = turn.lease()?.execute(statement).await;
        turn.note(&outcome);
        outcome.map_err(exec_error)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut turn = self.unit.turn().await?;
        let outcome = turn.lease()?.script(sql).await;
        turn.note(&outcome);
        outcome.map_err(exec_error)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut turn = self.unit.turn().await?;
        let outcome = turn.lease()?.fetch_first(statement).await;
        turn.note(&outcome);
        outcome.map_err(query_error)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut turn = self.unit.turn().await?;
        let outcome = turn.lease()?.fetch_all(statement).await;
        turn.note(&outcome);
        outcome.map_err(query_error)
    }
}

impl StreamTrait for Tx {
    type Stream<'a> = BoxStream<'a, Result<QueryResult, DbErr>>;

    fn get_database_backend(&self) -> DbBackend {
        self.unit.backend
    }

    /// Other statements of the transaction wait until the stream has ended; one that is dropped
    /// before its end ends the transaction.
    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = Result<Self::Stream<'a>, DbErr>> + 'a + Send>> {
        Box::pin(async move {
            let mut turn = self.unit.turn().await?;
            let rows: Self::Stream<'a> = Box::pin(async_stream::try_stream! {
                let mut rows = turn.lease()?.stream(statement);
                loop {
                    let outcome = rows.try_next().await;
                    if let Err(error) = &outcome {
                        self.unit.note_failure(error);
                    }
                    match outcome.map_err(query_error)? {
                        Some(row) => yield row,
                        None => break,
                    }
                }
            });
            Ok(rows)
        })
    }
}

#[async_trait]
impl TransactionTrait for Tx {
    type Transaction = Self;

    async fn begin(&self) -> Result<Self, DbErr> {
        self.begin_savepoint().await
    }

    async fn begin_with_config(
        &self,
        _: Option<IsolationLevel>,
        _: Option<AccessMode>,
    ) -> Result<Self, DbErr> {
        self.begin_savepoint().await
    }

    async fn begin_with_options(&self, _: TransactionOptions) -> Result<Self, DbErr> {
        self.begin_savepoint().await
    }

    async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: std::fmt::Display + std::fmt::Debug + Send,
    {
        let tx = self
            .begin_savepoint()
            .await
            .map_err(TransactionError::Connection)?;
        finish(&tx, callback(&tx).await).await
    }

    async fn transaction_with_config<F, T, E>(
        &self,
        callback: F,
        _: Option<IsolationLevel>,
        _: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: std::fmt::Display + std::fmt::Debug + Send,
    {
        self.transaction(callback).await
    }
}

/// Commits what succeeded, rolls back what failed.
pub(crate) async fn finish<T, E>(tx: &Tx, outcome: Result<T, E>) -> Result<T, TransactionError<E>>
where
    E: std::fmt::Display + std::fmt::Debug,
{
    match outcome {
        Ok(value) => {
            let ended = tx.end_well().await.map_err(DbErr::from);
            ended.map_err(TransactionError::Connection)?;
            Ok(value)
        }
        Err(error) => {
            // Where this fails, the connection is closed, which rolls back too.
            let _ = tx.end_badly().await;
            Err(TransactionError::Transaction(error))
        }
    }
}

#[async_trait]
impl TransactionSession for Tx {
    async fn commit(self) -> Result<(), DbErr> {
        self.end_well().await.map_err(DbErr::from)
    }

    async fn rollback(self) -> Result<(), DbErr> {
        self.end_badly().await
    }
}

impl From<CommitError> for DbErr {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(error) | CommitError::Unknown(error) => error,
            CommitError::Failed => Self::Custom(super::FAILED_BEFORE.to_owned()),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(error) => error.into(),
            CommitError::Unknown(error) => Self::OutcomeUnknown(Arc::new(error)),
            CommitError::Failed => Self::Unfinished(super::FAILED_BEFORE.to_owned()),
        }
    }
}
