use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, Value, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::{IntoArguments, Sqlite, sqlite::SqliteArguments};

use super::{
    exact::{Fault, exact},
    lines::write_row,
    table::Table,
};
use crate::{Error, Tx, query::limits::rows_per_statement};

/// A COPY of about this many bytes keeps the server busy for some hundredths of a second, so that
/// neither its setting up nor the limit on a statement's time matters.
const COPY_BYTES: usize = 4 << 20;
/// Between so many bytes others get their turn, above all the batch before on its way out.
const BYTES_AT_A_TIME: usize = 64 << 10;

/// Rows in the form in which they are sent.
pub struct Batch {
    pub(super) first: u64,
    pub(super) rows: usize,
    content: Content,
}

enum Content {
    Lines {
        copy: Arc<str>,
        lines: String,
    },
    Values {
        table: Arc<Table>,
        insert: Arc<str>,
        arguments: SqliteArguments,
    },
}

impl Batch {
    /// Sends the batch from its beginning, up to so many rows.
    pub(super) async fn send(&self, tx: &Tx, rows: usize) -> Result<u64, Error> {
        let sent = match &self.content {
            Content::Lines { copy, lines } => {
                tx.copy_lines(copy, beginning(lines, rows, self.rows)).await
            }
            Content::Values {
                table,
                insert,
                arguments,
            } => {
                let insert = if rows == self.rows {
                    Arc::clone(insert)
                } else {
                    table.insert(rows).into()
                };
                tx.insert_batch(insert, arguments.clone()).await
            }
        };
        Ok(sent?)
    }
}

/// Every row is a line, since line ends within values are escaped.
fn beginning(lines: &str, rows: usize, all: usize) -> &str {
    if rows == all {
        return lines;
    }
    let end = lines.match_indices('\n').nth(rows.saturating_sub(1));
    &lines[..end.map_or(0, |(at, _)| at + 1)]
}

/// Makes batches of the rows of a stream.
pub struct Batches<'a, S> {
    rows: Pin<&'a mut S>,
    table: Arc<Table>,
    taken: u64,
    form: Form,
}

enum Form {
    Copy(Arc<str>),
    /// The statement of a whole batch, and how many rows that is.
    Insert(Arc<str>, usize),
}

impl<'a, S, R, E> Batches<'a, S>
where
    S: Stream<Item = Result<R, E>>,
    R: IntoIterator<Item = Value>,
    E: From<Error>,
{
    pub fn new<C: ColumnTrait>(tx: &Tx, columns: &[C], rows: Pin<&'a mut S>) -> Self {
        let table = Table::of(columns);
        let backend = tx.get_database_backend();
        let form = if backend == DbBackend::Sqlite {
            let most = rows_per_statement(backend, table.width());
            Form::Insert(table.insert(most).into(), most)
        } else {
            Form::Copy(table.copy().into())
        };
        Self {
            rows,
            table: Arc::new(table),
            taken: 0,
            form,
        }
    }

    pub async fn next(&mut self) -> Result<Option<Batch>, E> {
        let first = self.taken + 1;
        let content = match &self.form {
            Form::Copy(copy) => {
                let copy = Arc::clone(copy);
                let lines = self.lines().await?;
                Content::Lines { copy, lines }
            }
            Form::Insert(insert, most) => {
                let (insert, most) = (Arc::clone(insert), *most);
                self.values(insert, most).await?
            }
        };
        let rows = usize::try_from(self.taken + 1 - first).unwrap_or(usize::MAX);
        Ok((rows > 0).then_some(Batch {
            first,
            rows,
            content,
        }))
    }

    async fn lines(&mut self) -> Result<String, E> {
        let mut lines = String::new();
        let mut pause_at = BYTES_AT_A_TIME;
        while lines.len() < COPY_BYTES
            && let Some(row) = self.next_row().await?
        {
            let written = write_row(&mut lines, row.into_iter().map(exact));
            self.check(written)?;
            if lines.len() >= pause_at {
                pause_at = lines.len() + BYTES_AT_A_TIME;
                tokio::task::yield_now().await;
            }
        }
        Ok(lines)
    }

    async fn values(&mut self, insert: Arc<str>, most: usize) -> Result<Content, E> {
        let width = self.table.width();
        let mut values = Vec::with_capacity(most * width);
        let mut rows = 0;
        while rows < most
            && let Some(row) = self.next_row().await?
        {
            let before = values.len();
            let gathered = row.into_iter().try_for_each(|value| {
                values.push(exact(value)?);
                Ok(())
            });
            self.check(gathered.map(|()| values.len() - before))?;
            rows += 1;
        }
        let insert = if rows == most {
            insert
        } else {
            self.table.insert(rows).into()
        };
        Ok(Content::Values {
            table: Arc::clone(&self.table),
            insert,
            arguments: IntoArguments::<Sqlite>::into_arguments(SqlxValues(Values(values))),
        })
    }

    async fn next_row(&mut self) -> Result<Option<R>, E> {
        let row = self.rows.next().await.transpose()?;
        self.taken += u64::from(row.is_some());
        Ok(row)
    }

    /// Whether the row that was taken last is whole.
    fn check(&self, width: Result<usize, Fault>) -> Result<(), E> {
        let fault = match width {
            Ok(width) if width == self.table.width() => return Ok(()),
            Ok(_) => Fault::Width,
            Err(fault) => fault,
        };
        Err(fault.in_row(self.taken).into())
    }
}
