//! Exact numbers there and back through both engines.

#![allow(clippy::unwrap_used, clippy::panic)]

use entity::values::{Money, Rate};
use proptest::strategy::{Strategy, ValueTree};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

const LARGEST: i128 = 79_228_162_514_264_337_593_543_950_335;

/// Sends the numbers through a table of the engine's own type and reads them back.
async fn there_and_back(url: &str, numbers: &[Decimal]) -> Vec<(Money, String)> {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = sea_orm::Database::connect(options).await.unwrap();
    let backend = connection.get_database_backend();
    let column = if backend == DbBackend::Sqlite {
        "TEXT"
    } else {
        "numeric"
    };
    let create = format!("CREATE TEMPORARY TABLE exact (n bigint, value {column} NOT NULL)");
    connection.execute_unprepared(&create).await.unwrap();
    for (n, number) in numbers.iter().enumerate() {
        let values = [i64::try_from(n).unwrap().into(), Money::new(*number).into()];
        let sql = "INSERT INTO exact VALUES ($1, $2)";
        let insert = Statement::from_sql_and_values(backend, sql, values);
        connection.execute_raw(insert).await.unwrap();
    }
    let sql = "SELECT value, CAST(value AS text) AS stored FROM exact ORDER BY n";
    let rows = connection
        .query_all_raw(Statement::from_string(backend, sql))
        .await
        .unwrap();
    let read = |row: &sea_orm::QueryResult| {
        (
            row.try_get("", "value").unwrap(),
            row.try_get("", "stored").unwrap(),
        )
    };
    rows.iter().map(read).collect()
}

testkit::on_both_engines! {
    async fn numbers_of_28_digits_survive_the_database(db) {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let numbers = proptest::collection::vec((-LARGEST..=LARGEST, 0_u32..=28), 500);
        let sample = numbers.new_tree(&mut runner).unwrap().current();
        let mut numbers: Vec<Decimal> =
            sample.into_iter().map(|(m, scale)| Decimal::from_i128_with_scale(m, scale)).collect();
        numbers.extend([Decimal::MAX, Decimal::MIN, Decimal::ZERO, -Decimal::ZERO]);
        numbers.push(Decimal::from_i128_with_scale(1, 28));

        let read = there_and_back(&db.url, &numbers).await;

        assert_eq!(read.len(), numbers.len());
        for (number, (value, stored)) in numbers.into_iter().zip(read) {
            assert_eq!(value.decimal(), number);
            assert_eq!(stored, Money::new(number).to_string(), "stored in canonical form");
        }
    }
}

#[test]
fn rates_and_money_are_strings_in_json() {
    let rate: Rate = serde_json::from_str("\"1.3712\"").unwrap();
    assert_eq!(serde_json::to_string(&rate).unwrap(), "\"1.3712\"");
    assert!(
        serde_json::from_str::<Rate>("1.3712").is_err(),
        "a JSON number is a float"
    );
}
