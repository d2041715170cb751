use sea_orm::{
    ActiveModelTrait, ConnectionTrait, Insert, IntoActiveModel, QueryTrait, TransactionTrait,
    sea_query::OnConflict,
};

use super::many::{Column, Conflict, write_many};
use crate::{Error, Tx};

/// Inserts a row, or where one with the same `keys` is there, gives it the new values of `updates`;
/// with no `updates` that row stays as it is. Answers how many rows were written: 1, or 0 where it
/// stayed.
///
/// A unique constraint or index must cover exactly `keys`.
///
/// ```
/// # use db::{Error, Tx, query::upsert};
/// # mod setting {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "settings")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key, auto_increment = false)] pub name: String,
/// #         pub value: String,
/// #     }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// use sea_orm::Set;
/// use setting::Column;
///
/// async fn set(tx: &Tx, name: String, value: String) -> Result<u64, Error> {
///     let row = setting::ActiveModel { name: Set(name), value: Set(value) };
///     upsert(tx, row, [Column::Name], [Column::Value]).await
/// }
/// ```
pub async fn upsert<A>(
    db: &impl ConnectionTrait,
    row: A,
    keys: impl IntoIterator<Item = Column<A>>,
    updates: impl IntoIterator<Item = Column<A>>,
) -> Result<u64, Error>
where
    A: ActiveModelTrait + IntoActiveModel<A>,
{
    let conflict = conflict::<A>(keys, updates);
    let insert = Insert::<A>::one(row).on_conflict(conflict.rule);
    Ok(db.execute(insert.as_query()).await?.rows_affected())
}

/// As [`upsert`], for many rows, all or none; of rows with the same keys the last one stands.
pub async fn batch_upsert<A>(
    db: &impl TransactionTrait<Transaction = Tx>,
    rows: impl IntoIterator<Item = A>,
    keys: impl IntoIterator<Item = Column<A>>,
    updates: impl IntoIterator<Item = Column<A>>,
) -> Result<u64, Error>
where
    A: ActiveModelTrait + Send,
{
    write_many(db, rows, Some(conflict::<A>(keys, updates))).await
}

fn conflict<A: ActiveModelTrait>(
    keys: impl IntoIterator<Item = Column<A>>,
    updates: impl IntoIterator<Item = Column<A>>,
) -> Conflict<Column<A>> {
    let keys: Vec<_> = keys.into_iter().collect();
    let updates: Vec<_> = updates.into_iter().collect();
    let mut rule = OnConflict::columns(keys.iter().copied());
    if updates.is_empty() {
        rule.do_nothing();
    } else {
        rule.update_columns(updates);
    }
    Conflict { keys, rule }
}
