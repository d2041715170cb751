//! One connection, what it can do, and whether it may be used again.

mod bulk;
mod watch;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use sea_orm::{DbBackend, ExecResult, QueryResult, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Connection as _, IntoArguments, PgConnection, SqliteConnection, query::Query,
};
use watch::{Limit, Watch, silent};

use crate::{alarm::Alarm, observe::Observer, server::Generation};

/// A connection of either engine. It is reusable only between statements and outside of
/// transactions: a statement whose future was dropped, or that broke the protocol, spoils it.
pub(crate) struct Connection {
    wire: Wire,
    watch: Watch,
    in_transaction: bool,
    retired: bool,
    opened: Instant,
    last_used: Instant,
    observer: Arc<Observer>,
}

enum Wire {
    Postgres {
        connection: PgConnection,
        generation: Arc<Generation>,
        /// Named prepared statements do not survive a transaction pooler's change of server.
        named_statements: bool,
    },
    Sqlite {
        connection: SqliteConnection,
    },
}

type Rows<'a> = BoxStream<'a, Result<QueryResult, sqlx::Error>>;

impl Connection {
    pub fn postgres(
        connection: PgConnection,
        generation: Arc<Generation>,
        patience: Duration,
        named_statements: bool,
        observer: Arc<Observer>,
    ) -> Self {
        let limit = Limit::Postgres {
            revoked: generation.revoked.clone(),
            patience,
        };
        let wire = Wire::Postgres {
            connection,
            generation,
            named_statements,
        };
        Self::new(wire, limit, observer)
    }

    pub fn sqlite(
        connection: SqliteConnection,
        alarm: Alarm,
        patience: Duration,
        observer: Arc<Observer>,
    ) -> Self {
        let limit = Limit::Sqlite { alarm, patience };
        Self::new(Wire::Sqlite { connection }, limit, observer)
    }

    fn new(wire: Wire, limit: Limit, observer: Arc<Observer>) -> Self {
        let now = Instant::now();
        Self {
            wire,
            watch: Watch {
                between_statements: true,
                limit,
            },
            in_transaction: false,
            retired: false,
            opened: now,
            last_used: now,
            observer,
        }
    }

    pub fn backend(&self) -> DbBackend {
        match self.wire {
            Wire::Postgres { .. } => DbBackend::Postgres,
            Wire::Sqlite { .. } => DbBackend::Sqlite,
        }
    }

    /// The period of the server's service in which this connection was made; `None` on SQLite.
    pub fn generation(&self) -> Option<&Arc<Generation>> {
        match &self.wire {
            Wire::Postgres { generation, .. } => Some(generation),
            Wire::Sqlite { .. } => None,
        }
    }

    /// Whether another unit of work may have this connection.
    pub fn is_clean(&self) -> bool {
        self.is_usable() && !self.in_transaction && !self.retired
    }

    /// Whether the next statement of the same unit of work can be sent.
    pub fn is_usable(&self) -> bool {
        self.watch.between_statements && !self.is_revoked()
    }

    pub fn is_in_transaction(&self) -> bool {
        self.in_transaction
    }

    pub fn is_revoked(&self) -> bool {
        self.generation()
            .is_some_and(|generation| generation.revoked.is_cancelled())
    }

    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    pub fn last_used(&self) -> Instant {
        self.last_used
    }

    pub fn note_use(&mut self) {
        self.last_used = Instant::now();
    }

    /// On SQLite, how long each statement may take from now on: its connections serve all.
    pub fn limit_statements(&mut self, limit: Duration) {
        if let Limit::Sqlite { patience, .. } = &mut self.watch.limit {
            *patience = limit;
        }
    }

    /// Makes this unit of work the last that the connection serves.
    pub fn retire(&mut self) {
        self.retired = true;
    }

    pub async fn fetch_all(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, sqlx::Error> {
        let (sql, values) = split(statement);
        let timer = self.observer.start(&sql);
        let rows = self.wire.rows(sql, values);
        let outcome = self.watch.over(rows.try_collect()).await;
        timer.stop(&outcome);
        outcome
    }

    /// The first row, once the statement has ended.
    pub async fn fetch_first(
        &mut self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, sqlx::Error> {
        let (sql, values) = split(statement);
        let timer = self.observer.start(&sql);
        let rows = self.wire.rows(sql, values);
        let outcome = self.watch.over(first_of(rows)).await;
        timer.stop(&outcome);
        outcome
    }

    pub async fn execute(&mut self, statement: Statement) -> Result<ExecResult, sqlx::Error> {
        let (sql, values) = split(statement);
        let timer = self.observer.start(&sql);
        let watch = &mut self.watch;
        let outcome = match &mut self.wire {
            Wire::Postgres {
                connection,
                named_statements,
                ..
            } => {
                let done = query(sql, values)
                    .persistent(*named_statements)
                    .execute(connection);
                watch.over(done).await.map(Into::into)
            }
            Wire::Sqlite { connection } => {
                let done = query(sql, values).execute(connection);
                watch.over(done).await.map(Into::into)
            }
        };
        timer.stop(&outcome);
        outcome
    }

    /// Runs one or more statements without parameters in one round trip.
    pub async fn script(&mut self, sql: &str) -> Result<ExecResult, sqlx::Error> {
        let sql: Arc<str> = sql.into();
        let timer = self.observer.start(&sql);
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        let watch = &mut self.watch;
        let outcome = match &mut self.wire {
            Wire::Postgres { connection, .. } => {
                watch.over(script.execute(connection)).await.map(Into::into)
            }
            Wire::Sqlite { connection } => {
                watch.over(script.execute(connection)).await.map(Into::into)
            }
        };
        timer.stop(&outcome);
        outcome
    }

    /// As [`Connection::script`], with the one text that its last statement returns.
    pub async fn script_for_text(&mut self, sql: &str) -> Result<Option<String>, sqlx::Error> {
        use sqlx::Row;

        let sql: Arc<str> = sql.into();
        let timer = self.observer.start(&sql);
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        let watch = &mut self.watch;
        let outcome = match &mut self.wire {
            Wire::Postgres { connection, .. } => watch
                .over(script.fetch_all(connection))
                .await
                .and_then(|rows| rows.last().map(|row| row.try_get(0)).transpose()),
            Wire::Sqlite { connection } => watch
                .over(script.fetch_all(connection))
                .await
                .and_then(|rows| rows.last().map(|row| row.try_get(0)).transpose()),
        };
        timer.stop(&outcome);
        outcome
    }

    /// The rows as they come. The connection is spoilt until the last one has been taken.
    pub fn stream(&mut self, statement: Statement) -> Rows<'_> {
        let (sql, values) = split(statement);
        let watch = &mut self.watch;
        watch.between_statements = false;
        let mut rows = self.wire.rows(sql, values);
        Box::pin(async_stream::try_stream! {
            while let Some(row) = watch.over(rows.try_next()).await? {
                watch.between_statements = false;
                yield row;
            }
        })
    }

    /// Begins a transaction with `sql`, which may go on to set what holds within it.
    pub async fn begin(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.in_transaction = true;
        let begun = self.script(sql).await;
        if begun.is_err() && self.backend() == DbBackend::Sqlite && self.is_usable() {
            // A refused BEGIN (the file is locked) has begun nothing.
            self.in_transaction = false;
        }
        begun.map(|_| ())
    }

    /// Commits; where `sql` asks for the server's position in its log, answers with it.
    pub async fn commit(&mut self, sql: &str) -> Result<Option<String>, sqlx::Error> {
        let committed = self.script_for_text(sql).await;
        self.in_transaction = committed.is_err();
        committed
    }

    pub async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        self.script("ROLLBACK").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Whether the server still answers, within `patience`.
    pub async fn ping(&mut self, patience: Duration) -> Result<(), sqlx::Error> {
        let Wire::Postgres { connection, .. } = &mut self.wire else {
            return Ok(());
        };
        let answered = tokio::time::timeout(patience, self.watch.over(connection.ping()));
        answered.await.unwrap_or_else(|_| Err(silent()))
    }
}

impl Wire {
    fn rows(&mut self, sql: Arc<str>, values: SqlxValues) -> Rows<'_> {
        match self {
            Self::Postgres {
                connection,
                named_statements,
                ..
            } => query(sql, values)
                .persistent(*named_statements)
                .fetch(connection)
                .map_ok(Into::into)
                .boxed(),
            Self::Sqlite { connection } => query(sql, values)
                .fetch(connection)
                .map_ok(Into::into)
                .boxed(),
        }
    }
}

/// The text is shared with the log's line about it.
fn split(statement: Statement) -> (Arc<str>, SqlxValues) {
    let values = statement
        .values
        .unwrap_or_else(|| sea_orm::Values(Vec::new()));
    (statement.sql.into(), SqlxValues(values))
}

fn query<DB>(sql: Arc<str>, values: SqlxValues) -> Query<'static, DB, SqlxValues>
where
    DB: sqlx::Database,
    SqlxValues: IntoArguments<DB>,
{
    sqlx::query_with(AssertSqlSafe(sql), values)
}

async fn first_of(mut rows: Rows<'_>) -> Result<Option<QueryResult>, sqlx::Error> {
    let first = rows.try_next().await?;
    while rows.try_next().await?.is_some() {}
    Ok(first)
}
