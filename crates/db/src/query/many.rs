//! Writing many rows in as few statements as the engines allow, all of them or none.

use std::{collections::HashSet, iter::Peekable};

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Insert, IntoActiveModel, Iterable,
    QueryTrait, TransactionTrait, Value, sea_query::OnConflict,
};

use super::{limits::rows_per_statement, transaction::transaction};
use crate::{Error, Tx};

pub(super) type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;
type Model<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Model;

/// Inserts rows, all or none: in a transaction of its own, or within an open one behind a
/// savepoint. Answers how many.
///
/// Every row sets the same columns as the first; a column that none sets gets its default.
///
/// ```
/// # use db::{Error, Tx, query::execute_many};
/// # mod note {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "notes")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i64, pub text: String }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// use sea_orm::Set;
///
/// async fn add(tx: &Tx, texts: Vec<String>) -> Result<u64, Error> {
///     let rows = texts.into_iter().map(|text| note::ActiveModel {
///         text: Set(text),
///         ..Default::default()
///     });
///     execute_many(tx, rows).await
/// }
/// ```
pub async fn execute_many<A>(
    db: &impl TransactionTrait<Transaction = Tx>,
    rows: impl IntoIterator<Item = A>,
) -> Result<u64, Error>
where
    A: ActiveModelTrait + Send,
    Model<A>: IntoActiveModel<A>,
{
    write_many(db, rows, None).await
}

/// As [`execute_many`], but answers with the rows as they are stored, in no promised order.
pub async fn execute_many_returning<A>(
    db: &impl TransactionTrait<Transaction = Tx>,
    rows: impl IntoIterator<Item = A>,
) -> Result<Vec<Model<A>>, Error>
where
    A: ActiveModelTrait + Send,
    Model<A>: IntoActiveModel<A>,
{
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(Vec::new());
    }
    transaction(db, async |tx: Tx| {
        let mut batches = Batches::new(&tx, rows, &[]);
        let mut stored = Vec::new();
        while let Some(batch) = batches.next()? {
            stored.extend(Insert::many(batch).exec_with_returning(&tx).await?);
        }
        Ok(stored)
    })
    .await
}

/// What to do with rows whose key is there already.
pub(super) struct Conflict<C> {
    pub keys: Vec<C>,
    pub rule: OnConflict,
}

pub(super) async fn write_many<A>(
    db: &impl TransactionTrait<Transaction = Tx>,
    rows: impl IntoIterator<Item = A>,
    conflict: Option<Conflict<Column<A>>>,
) -> Result<u64, Error>
where
    A: ActiveModelTrait + Send,
{
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(0);
    }
    transaction(db, async |tx: Tx| {
        let keys = conflict.as_ref().map_or(&[][..], |conflict| &conflict.keys);
        let mut batches = Batches::new(&tx, rows, keys);
        let mut written = 0;
        while let Some(batch) = batches.next()? {
            let mut insert = Insert::many(batch);
            if let Some(conflict) = &conflict {
                insert = insert.on_conflict(conflict.rule.clone());
            }
            written += tx.execute(insert.as_query()).await?.rows_affected();
        }
        Ok(written)
    })
    .await
}

/// Cuts rows into what one statement takes.
struct Batches<'a, A: ActiveModelTrait, I: Iterator<Item = A>> {
    rows: Peekable<I>,
    most: usize,
    /// Which columns the first row leaves unset.
    shape: Option<Vec<bool>>,
    taken: u64,
    /// A statement ends before a row with a key that it holds already: PostgreSQL refuses to update
    /// a row twice in one.
    keys: &'a [Column<A>],
}

impl<'a, A: ActiveModelTrait, I: Iterator<Item = A>> Batches<'a, A, I> {
    fn new(tx: &Tx, rows: Peekable<I>, keys: &'a [Column<A>]) -> Self {
        let columns = Column::<A>::iter().count();
        Self {
            rows,
            most: rows_per_statement(tx.get_database_backend(), columns),
            shape: None,
            taken: 0,
            keys,
        }
    }

    fn next(&mut self) -> Result<Option<Vec<A>>, DbErr> {
        let mut batch = Vec::new();
        let mut held = HashSet::new();
        while batch.len() < self.most
            && let Some(row) = self.rows.next_if(|row| is_new(&mut held, row, self.keys))
        {
            self.taken += 1;
            self.check_shape(&row)?;
            batch.push(row);
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    fn check_shape(&mut self, row: &A) -> Result<(), DbErr> {
        let unset: Vec<bool> = Column::<A>::iter()
            .map(|column| row.is_not_set(column))
            .collect();
        if *self.shape.get_or_insert_with(|| unset.clone()) == unset {
            return Ok(());
        }
        let number = self.taken;
        Err(DbErr::Type(format!(
            "row {number} does not set the same columns as the first"
        )))
    }
}

fn is_new<A: ActiveModelTrait>(
    held: &mut HashSet<Vec<Option<Value>>>,
    row: &A,
    keys: &[Column<A>],
) -> bool {
    let key = |column: &Column<A>| row.get(*column).into_value();
    keys.is_empty() || held.insert(keys.iter().map(key).collect())
}
