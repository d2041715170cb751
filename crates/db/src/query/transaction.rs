use sea_orm::TransactionTrait;

use crate::{Error, Tx};

/// Runs `work` in a transaction, or within an open one behind a savepoint: what it did is kept if it
/// succeeds and undone if it fails. The transaction around a savepoint that failed goes on.
///
/// It runs once; [`Database::write`](crate::Database::write) also runs again what was broken off
/// for another's sake.
///
/// ```
/// # use db::{Error, Tx, query::{execute, sql, transaction}};
/// async fn try_to_add(tx: &Tx, insert: &db::query::Sql) -> bool {
///     let added = transaction(tx, async |inner: Tx| execute(&inner, insert).await);
///     added.await.is_ok()
/// }
/// ```
pub async fn transaction<T, E: From<Error>>(
    db: &impl TransactionTrait<Transaction = Tx>,
    work: impl AsyncFnOnce(Tx) -> Result<T, E>,
) -> Result<T, E> {
    let tx = db.begin().await.map_err(Error::from)?;
    match work(tx.clone()).await {
        Ok(value) => {
            tx.end_well().await.map_err(Error::from)?;
            Ok(value)
        }
        Err(error) => {
            // Where this fails, the connection is closed, which rolls back too.
            let _ = tx.end_badly().await;
            Err(error)
        }
    }
}
