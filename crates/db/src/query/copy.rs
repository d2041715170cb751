//! Loading many rows fast: COPY on PostgreSQL, prepared batches on SQLite.

mod bad_row;
mod batch;
mod exact;
mod lines;
mod table;

use std::pin::pin;

use futures_util::{Stream, TryStreamExt, future::join};
use sea_orm::{ActiveModelTrait, ColumnTrait, Iterable, Value};

use self::batch::Batches;
use super::{many::Column, transaction::transaction};
use crate::{Error, Tx};

/// Loads rows into the table of `columns`: all of them, or none behind a savepoint. Answers how
/// many.
///
/// Each row has one value for each of `columns`, in their order; what is not in `columns` gets its
/// default. Numbers are stored in their canonical form, instants to the microsecond. The stream may
/// use the same transaction. Two batches of rows are in memory at a time.
///
/// A row that cannot be stored is [`Error::Row`] with its number, counted from 1; an error of the
/// stream itself is answered as it is. PostgreSQL takes no COPY into a table with row-level
/// security. For some dozen rows [`execute_many`](super::execute_many) is faster: the driver leaves
/// Nagle's algorithm on, so that over TCP a load waits once for a delayed acknowledgement.
///
/// ```
/// # use db::{Error, Tx, query::copy_in};
/// # mod note {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "notes")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i64, pub text: String }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// use futures_util::stream;
/// use note::Column;
///
/// async fn load(tx: &Tx, lines: impl Iterator<Item = String>) -> Result<u64, Error> {
///     let rows = lines.zip(1_i64..).map(|(text, id)| Ok([id.into(), text.into()]));
///     copy_in(tx, &[Column::Id, Column::Text], stream::iter(rows)).await
/// }
/// ```
pub async fn copy_in<C, R, E>(
    tx: &Tx,
    columns: &[C],
    rows: impl Stream<Item = Result<R, E>>,
) -> Result<u64, E>
where
    C: ColumnTrait,
    R: IntoIterator<Item = Value>,
    E: From<Error>,
{
    transaction(tx, async |inner: Tx| {
        let rows = pin!(rows);
        let mut batches = Batches::new(&inner, columns, rows);
        let mut written = 0;
        let mut batch = batches.next().await?;
        while let Some(ready) = batch {
            // The engine writes one batch while the next is made.
            let (outcome, next) = join(ready.write(&inner), batches.next()).await;
            written += outcome?;
            batch = next?;
        }
        Ok(written)
    })
    .await
}

/// As [`copy_in`], for rows of an entity that set every column.
pub async fn copy_models<A, E>(tx: &Tx, rows: impl Stream<Item = Result<A, E>>) -> Result<u64, E>
where
    A: ActiveModelTrait,
    E: From<Error>,
{
    let columns: Vec<Column<A>> = Column::<A>::iter().collect();
    let rows = rows.map_ok(|mut row| {
        // An unset column makes the row too short.
        Column::<A>::iter().filter_map(move |column| row.take(column).into_value())
    });
    copy_in(tx, &columns, rows).await
}
