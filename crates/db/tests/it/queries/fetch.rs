//! Single statements, and transactions within transactions.

use db::{
    Error,
    query::{
        execute, execute_many, execute_returning, fetch_all, fetch_one, fetch_optional,
        fetch_stream, fetch_value, sql, transaction,
    },
};
use futures_util::TryStreamExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use crate::queries::table::{ids, make_tables, sample};

const ONE: &str = "SELECT * FROM samples WHERE id = $1";

testkit::on_both_engines! {
    async fn text_takes_its_values_by_number(db) {
        let text = "SELECT $2 || $1 || $2";
        let value: String =
            fetch_value(&db.database, &sql(text, ["a".into(), "b".into()])).await.unwrap();
        assert_eq!(value, "bab");
        let many: Vec<sea_orm::Value> = (0..12).map(|digit| digit.to_string().into()).collect();
        let twelfth: String = fetch_value(&db.database, &sql("SELECT $12 || $1 || $2 || $3 || $4 \
            || $5 || $6 || $7 || $8 || $9 || $10 || $11", many)).await.unwrap();
        assert_eq!(twelfth, "11012345678910");
    }

    async fn rows_come_typed_from_a_connection_a_reader_and_a_transaction(db) {
        make_tables(&db).await;
        execute_many(&db.database, (1..=3).map(sample)).await.unwrap();
        let second = sql(ONE, [2_i64.into()]);
        let find = sample::Entity::find().filter(sample::Column::Id.gt(1));
        let find = find.order_by_asc(sample::Column::Id);

        let row: sample::Model = fetch_one(&db.database, &second).await.unwrap();
        assert_eq!(row.id, 2);
        let rows: Vec<sample::Model> =
            fetch_all(db.database.reader(), find.as_query()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [2, 3]);
        db.database
            .read(async |tx| -> Result<(), Error> {
                let row: Option<sample::Model> = fetch_optional(&tx, &second).await?;
                assert_eq!(row.unwrap().id, 2);
                let rows = fetch_stream::<_, sample::Model>(&tx, find.as_query()).await?;
                let rows: Vec<_> = rows.try_collect().await?;
                assert_eq!(rows.len(), 2);
                let number: Option<f64> =
                    fetch_value(&tx, &sql("SELECT number FROM samples", [])).await?;
                assert_eq!(number, None);
                Ok(())
            })
            .await
            .unwrap();
    }

    async fn a_missing_row_is_told(db) {
        make_tables(&db).await;
        let missing = sql(ONE, [9_i64.into()]);
        let none: Option<sample::Model> = fetch_optional(&db.database, &missing).await.unwrap();
        assert_eq!(none, None);
        let one = fetch_one::<sample::Model>(&db.database, &missing).await.unwrap_err();
        let value = fetch_value::<i64>(&db.database, &missing).await.unwrap_err();
        for error in [one, value] {
            assert!(error.to_string().contains("answered with no row"), "{error}");
        }
    }

    async fn writing_answers_with_what_was_written(db) {
        make_tables(&db).await;
        execute_many(&db.database, (1..=3).map(sample)).await.unwrap();
        let text = "UPDATE samples SET text = $1 WHERE id > $2";
        let changed = execute(&db.database, &sql(text, ["new".into(), 1_i64.into()])).await;
        assert_eq!(changed.unwrap(), 2);
        let text = "DELETE FROM samples WHERE id = $1 RETURNING *";
        let deletion = sql(text, [3_i64.into()]);
        let gone: sample::Model = execute_returning(&db.database, &deletion).await.unwrap();
        assert_eq!(gone.text.as_deref(), Some("new"));
        assert!(execute_returning::<sample::Model>(&db.database, &deletion).await.is_err());
        assert_eq!(ids(&db.database).await, [1, 2]);
    }

    async fn a_transaction_within_another_is_undone_alone(db) {
        make_tables(&db).await;
        let add = async |tx: &db::Tx, id: i64| execute_many(tx, [sample(id)]).await;
        let kept: Result<(), Error> = transaction(&db.database, async |tx: db::Tx| {
            add(&tx, 1).await?;
            let failed: Result<(), Error> = transaction(&tx, async |inner: db::Tx| {
                add(&inner, 2).await?;
                transaction(&inner, async |innermost: db::Tx| add(&innermost, 3).await).await?;
                // On PostgreSQL what failed leaves its transaction in ruins.
                add(&inner, 1).await?;
                Ok(())
            })
            .await;
            assert!(matches!(failed, Err(Error::Duplicate(_))), "{failed:?}");
            transaction(&tx, async |inner: db::Tx| add(&inner, 4).await).await?;
            Ok(())
        })
        .await;
        kept.unwrap();
        assert_eq!(ids(&db.database).await, [1, 4]);

        let failed: Result<(), Error> = transaction(&db.database, async |tx: db::Tx| {
            add(&tx, 5).await?;
            Err(Error::Unfinished("on purpose".to_owned()))
        })
        .await;
        assert!(failed.is_err());
        assert_eq!(ids(&db.database).await, [1, 4]);
    }
}
