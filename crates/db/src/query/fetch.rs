use futures_util::{StreamExt, stream::BoxStream};
use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult, QueryResult, StatementBuilder, StreamTrait, TryGetable,
};

use crate::Error;

const NO_ROW: &str = "the statement answered with no row";

/// The first row; without one, [`Error::Other`] of [`DbErr::RecordNotFound`].
///
/// ```
/// # use db::{Error, query::{fetch_one, sql}};
/// #[derive(sea_orm::FromQueryResult)]
/// struct User {
///     id: uuid::Uuid,
///     email: String,
/// }
///
/// async fn user(db: &impl db::ConnectionTrait, id: uuid::Uuid) -> Result<User, Error> {
///     fetch_one(db, &sql("SELECT id, email FROM users WHERE id = $1", [id.into()])).await
/// }
/// ```
pub async fn fetch_one<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    statement: &impl StatementBuilder,
) -> Result<T, Error> {
    fetch_optional(db, statement).await?.ok_or_else(no_row)
}

/// The first row, if there is one.
pub async fn fetch_optional<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    statement: &impl StatementBuilder,
) -> Result<Option<T>, Error> {
    let row = db.query_one(statement).await?;
    Ok(row.as_ref().map(read_row).transpose()?)
}

pub async fn fetch_all<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    statement: &impl StatementBuilder,
) -> Result<Vec<T>, Error> {
    let rows = db.query_all(statement).await?;
    let rows = rows.iter().map(read_row).collect::<Result<_, _>>()?;
    Ok(rows)
}

/// The first column of the first row; an `Option` where it may be NULL. That there is no row is an
/// error as with [`fetch_one`].
pub async fn fetch_value<T: TryGetable>(
    db: &impl ConnectionTrait,
    statement: &impl StatementBuilder,
) -> Result<T, Error> {
    let row = db.query_one(statement).await?.ok_or_else(no_row)?;
    Ok(row.try_get_by_index(0)?)
}

/// The rows as they come. A transaction takes no other statement until the stream has ended; a
/// stream that is dropped before its end ends the transaction.
///
/// ```
/// # async fn example(db: &db::Database) -> Result<(), db::Error> {
/// use db::query::{fetch_stream, sql};
/// use futures_util::TryStreamExt;
///
/// #[derive(sea_orm::FromQueryResult)]
/// struct Email {
///     email: String,
/// }
///
/// let all = sql("SELECT email FROM users", []);
/// let mut emails = fetch_stream::<_, Email>(db.reader(), &all).await?;
/// while let Some(Email { email }) = emails.try_next().await? {
///     drop(email);
/// }
/// # Ok(())
/// # }
/// ```
pub async fn fetch_stream<'a, D: StreamTrait, T: FromQueryResult + Send + 'a>(
    db: &'a D,
    statement: &impl StatementBuilder,
) -> Result<BoxStream<'a, Result<T, Error>>, Error> {
    let rows = db.stream(statement).await?;
    let rows = rows.map(|row| row.and_then(|row| read_row(&row)).map_err(Error::from));
    Ok(rows.boxed())
}

pub(super) fn no_row() -> Error {
    DbErr::RecordNotFound(NO_ROW.to_owned()).into()
}

fn read_row<T: FromQueryResult>(row: &QueryResult) -> Result<T, DbErr> {
    T::from_query_result(row, "")
}
