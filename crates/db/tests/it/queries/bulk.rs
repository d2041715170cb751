//! Many rows: all of them or none, however many statements that takes.

use db::{
    Engine, Error,
    query::{copy_models, execute_many, execute_many_returning},
};
use futures_util::stream;
use sea_orm::ActiveValue::NotSet;

use crate::queries::table::{empty, ids, make_tables, sample};

/// Rows of one statement of `execute_many`.
fn statement_rows(engine: Engine) -> i64 {
    match engine {
        Engine::Sqlite => 64,
        Engine::Postgres => 500,
    }
}

testkit::on_both_engines! {
    async fn any_number_of_rows_is_written_whole(db) {
        make_tables(&db).await;
        let whole = statement_rows(db.database.engine());
        for count in [0, 1, whole - 1, whole, whole + 1, 2 * whole, 2 * whole + 1] {
            let rows = || (1..=count).map(sample);
            let expected: Vec<i64> = (1..=count).collect();
            db.database
                .write(async |tx| -> Result<(), Error> {
                    assert_eq!(execute_many(&tx, rows()).await?, count.unsigned_abs());
                    assert_eq!(ids(&tx).await, expected);
                    empty(&tx).await?;
                    let mut models = execute_many_returning(&tx, rows()).await?;
                    models.sort_by_key(|row| row.id);
                    assert!(models.iter().map(|row| row.id).eq(1..=count));
                    empty(&tx).await?;
                    let copied = copy_models(&tx, stream::iter(rows().map(Ok::<_, Error>))).await?;
                    assert_eq!(copied, count.unsigned_abs());
                    assert_eq!(ids(&tx).await, expected);
                    empty(&tx).await
                })
                .await
                .unwrap();
        }
    }

    async fn a_late_row_that_fails_takes_the_others_with_it(db) {
        make_tables(&db).await;
        let rows = || (1..=1300).chain([7]).map(sample);
        let alone = execute_many(&db.database, rows()).await;
        assert!(matches!(alone, Err(Error::Duplicate(_))), "{alone:?}");
        assert!(ids(&db.database).await.is_empty());

        db.database
            .write(async |tx| -> Result<(), Error> {
                execute_many(&tx, [sample(-1)]).await?;
                assert!(execute_many(&tx, rows()).await.is_err());
                assert!(execute_many_returning(&tx, rows()).await.is_err());
                execute_many(&tx, [sample(-2)]).await?;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(ids(&db.database).await, [-2, -1]);
    }

    async fn rows_that_set_different_columns_are_refused(db) {
        make_tables(&db).await;
        let mut other = sample(2);
        other.owner = NotSet;
        let refused = execute_many(&db.database, [sample(1), other.clone()]).await.unwrap_err();
        assert!(refused.to_string().contains("row 2 does not set the same"), "{refused}");
        assert_eq!(execute_many(&db.database, [other]).await.unwrap(), 1);
        assert_eq!(ids(&db.database).await, [2]);
    }
}
