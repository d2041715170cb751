//! PostgreSQL's own lock on the rows of each user: what holds even where the program forgets it.

mod catalogue;
mod forgetful;
mod migrating;
mod roles;

use db::{ConnectionTrait, Error};
use sea_orm::{DbBackend, Statement};

/// One text for each row.
async fn texts(db: &impl ConnectionTrait, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

/// What the server said of a statement that it refused.
async fn refusal(db: &impl ConnectionTrait, sql: &str) -> String {
    match db.execute_unprepared(sql).await {
        Ok(done) => panic!("{sql} was carried out: {done:?}"),
        Err(error) => Error::from(error).to_string(),
    }
}
