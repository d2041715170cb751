//! Units of work: begin, run, commit or roll back, in a task of their own.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel,
    QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tracing::Instrument;

use crate::{Database, Engine, Error};

/// The open transaction of a unit of work. Clones are the same transaction; none may outlive it.
#[derive(Clone, Debug)]
pub struct Tx(Arc<DatabaseTransaction>);

impl Database {
    /// Runs `work` on one snapshot of the database.
    pub async fn read<F, Fut, T, E>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let options = match self.engine {
            Engine::Sqlite => TransactionOptions::default(),
            Engine::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
        };
        self.run(Side::Reader, options, work).await
    }

    /// Runs `work` in a transaction that commits if it succeeds and rolls back if it fails.
    ///
    /// Dropping the returned future does not interrupt the work.
    pub async fn write<F, Fut, T, E>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let options = TransactionOptions {
            sqlite_transaction_mode: (self.engine == Engine::Sqlite)
                .then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.run(Side::Writer, options, work).await
    }

    async fn run<F, Fut, T, E>(
        &self,
        side: Side,
        options: TransactionOptions,
        work: F,
    ) -> Result<T, E>
    where
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let database = self.clone();
        let unit = async move {
            let tx = database.begin(side, options).await?;
            let outcome = work(tx.clone()).await;
            tx.finish(outcome).await
        };
        match tokio::spawn(unit.in_current_span()).await {
            Ok(outcome) => outcome,
            Err(error) => Err(Error::Unfinished(error.to_string()).into()),
        }
    }

    async fn begin(&self, side: Side, options: TransactionOptions) -> Result<Tx, Error> {
        let _waiting = self.count_waiting();
        let connection = match side {
            Side::Reader => &self.reader,
            Side::Writer => &self.writer,
        };
        let transaction = connection.begin_with_options(options).await?;
        Ok(Tx(Arc::new(transaction)))
    }
}

#[derive(Clone, Copy)]
enum Side {
    Reader,
    Writer,
}

impl Tx {
    async fn finish<T, E: From<Error>>(self, outcome: Result<T, E>) -> Result<T, E> {
        let Some(transaction) = Arc::into_inner(self.0) else {
            return Err(Error::Unfinished("its transaction is still in use".to_owned()).into());
        };
        match outcome {
            Ok(value) => {
                transaction.commit().await.map_err(Error::from)?;
                Ok(value)
            }
            Err(failure) => {
                if let Err(error) = transaction.rollback().await {
                    tracing::warn!(%error, "a failed unit of work did not roll back cleanly");
                }
                Err(failure)
            }
        }
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.query_all_raw(statement).await
    }
}
