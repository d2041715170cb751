//! Inserting many rows in as few statements as the engines allow.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, Iterable,
};

use crate::Error;

/// The fewest bind parameters that both engines take in one statement (SQLite's default since
/// 3.32 is 32 766; PostgreSQL's protocol allows 65 535).
const MAX_PARAMETERS: usize = 32_766;

/// SQLite reads a short statement once and then finds it prepared; PostgreSQL wants few round
/// trips.
const fn most_rows(backend: DbBackend) -> usize {
    match backend {
        DbBackend::Sqlite => 64,
        _ => 500,
    }
}

/// Inserts all rows, whole statements at a time. Each row must set every column: an unset one would
/// be written as NULL, not as its default.
pub async fn insert_all<A>(db: &impl ConnectionTrait, rows: Vec<A>) -> Result<(), Error>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let chunk = (MAX_PARAMETERS / columns).clamp(1, most_rows(db.get_database_backend()));
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let batch: Vec<A> = rows.by_ref().take(chunk).collect();
        A::Entity::insert_many(batch)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}
