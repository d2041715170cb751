use sea_orm::{ConnectionTrait, FromQueryResult, StatementBuilder};

use super::fetch::fetch_one;
use crate::Error;

/// Runs a statement that writes; answers how many rows it changed.
pub async fn execute(
    db: &impl ConnectionTrait,
    statement: &impl StatementBuilder,
) -> Result<u64, Error> {
    Ok(db.execute(statement).await?.rows_affected())
}

/// Runs a statement that writes one row and says so with `RETURNING`. A statement that wrote none
/// is an error as with [`fetch_one`].
///
/// ```
/// # use db::{Error, Tx, query::{execute_returning, sql}};
/// #[derive(sea_orm::FromQueryResult)]
/// struct Renamed {
///     display_name: String,
/// }
///
/// async fn rename(tx: &Tx, email: &str, name: &str) -> Result<Renamed, Error> {
///     let text = "UPDATE users SET display_name = $2 WHERE email = $1 RETURNING display_name";
///     execute_returning(tx, &sql(text, [email.into(), name.into()])).await
/// }
/// ```
pub async fn execute_returning<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    statement: &impl StatementBuilder,
) -> Result<T, Error> {
    fetch_one(db, statement).await
}
