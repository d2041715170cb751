//! The years of the series: `portfolio_daily_values`, `portfolio_metrics`, `currency_attribution`.

use db::{Database, Engine};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::Error;

/// Makes the partitions of the years up to `last_year` that are not there yet, and returns how many
/// that were. It needs no more rights than the service has. On SQLite, and where the series are
/// hypertables, there is nothing to make.
pub async fn make_year_partitions(database: &Database, last_year: i32) -> Result<u64, Error> {
    if database.engine() == Engine::Sqlite {
        return Ok(0);
    }
    let sql = "SELECT make_year_partitions(2015, $1) AS made";
    let values = [i64::from(last_year).into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let row = database.query_one_raw(statement).await?;
    let made: i64 = row.map_or(Ok(0), |row| row.try_get("", "made"))?;
    Ok(made.unsigned_abs())
}
