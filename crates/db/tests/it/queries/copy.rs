//! Loading in bulk.

use std::time::Duration;

use db::{
    Error, Tx,
    query::{copy_in, copy_models, execute_many, fetch_value, sql},
};
use futures_util::{StreamExt, stream};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set, Value};

use crate::queries::{
    made,
    table::{empty, ids, make_tables, part, sample, sample::Column, stored},
};

fn row(id: i64, text: &str) -> [Value; 2] {
    [id.into(), text.into()]
}

const COLUMNS: [Column; 2] = [Column::Id, Column::Text];

async fn copy(tx: &Tx, rows: impl IntoIterator<Item = [Value; 2]>) -> Result<u64, Error> {
    copy_in(tx, &COLUMNS, stream::iter(rows.into_iter().map(Ok))).await
}

fn number_of(error: &Error) -> Option<u64> {
    match error {
        Error::Row { number, .. } => Some(*number),
        _ => None,
    }
}

testkit::on_both_engines! {
    async fn what_is_copied_comes_back_and_is_what_an_insert_would_have_stored(db) {
        make_tables(&db).await;
        let mut runner = TestRunner::default();
        for _ in 0..40 {
            let rows = made::rows().new_tree(&mut runner).unwrap().current();
            let models = || rows.iter().cloned().map(|row| row.into_active_model().reset_all());
            db.database
                .write(async |tx| -> Result<(), Error> {
                    let copied = copy_models(&tx, stream::iter(models().map(Ok::<_, Error>))).await?;
                    assert_eq!(copied, rows.len() as u64);
                    assert_eq!(stored(&tx).await, rows);
                    empty(&tx).await?;
                    execute_many(&tx, models()).await?;
                    assert_eq!(stored(&tx).await, rows);
                    empty(&tx).await
                })
                .await
                .unwrap();
        }
    }

    async fn numbers_and_instants_have_one_form(db) {
        make_tables(&db).await;
        let number = |text: &str| sea_orm::prelude::Decimal::from_str_exact(text).unwrap();
        let instant = chrono::DateTime::from_timestamp_nanos(1_234_567_899);
        let rows = ["1.500", "-0.00", "100"].into_iter().zip(1_i64..).map(|(text, id)| {
            Ok::<_, Error>([Value::from(id), number(text).into(), instant.into()])
        });
        let columns = [Column::Id, Column::Amount, Column::At];
        db.database
            .write(async |tx| copy_in(&tx, &columns, stream::iter(rows.clone())).await)
            .await
            .unwrap();
        for row in stored(&db.database).await {
            assert_eq!(row.at.unwrap().timestamp_subsec_nanos(), 234_567_000);
        }
        let texts = sql("SELECT CAST(amount AS text) FROM samples WHERE id = $1", [1_i64.into()]);
        let text: String = fetch_value(&db.database, &texts).await.unwrap();
        assert_eq!(text, "1.5");
        let texts = sql("SELECT CAST(amount AS text) FROM samples WHERE id = $1", [2_i64.into()]);
        let text: String = fetch_value(&db.database, &texts).await.unwrap();
        assert_eq!(text, "0");
    }

    async fn a_load_of_several_batches_is_whole(db) {
        make_tables(&db).await;
        // Over two batches of 4 MiB on PostgreSQL.
        let text = "tab\tand more ".repeat(80);
        let count = 9_000;
        let copied = db
            .database
            .write(async |tx| copy(&tx, (1..=count).map(|id| row(id, &text))).await)
            .await;
        assert_eq!(copied.unwrap(), 9_000);
        let rows = stored(&db.database).await;
        assert!(rows.iter().map(|row| row.id).eq(1..=count));
        assert!(rows.iter().all(|row| row.text.as_deref() == Some(&*text)));
    }

    async fn a_bad_row_is_named_and_takes_the_others_with_it(db) {
        make_tables(&db).await;
        execute_many(&db.database, [sample(-1)]).await.unwrap();
        for bad in [1, 65, 777, 1000] {
            let owners = (1..=1000_i64).map(|id| {
                let owner = if id == bad { "nobody" } else { "someone" };
                Ok::<_, Error>([id.into(), owner.into()])
            });
            let twice = (1..=1000).map(|id| row(if id == bad { -1 } else { id }, ""));
            let nothing: Result<(), Error> = db
                .database
                .write(async |tx| {
                    let columns = [Column::Id, Column::Owner];
                    let checked = copy_in(&tx, &columns, stream::iter(owners.clone())).await;
                    let error = checked.unwrap_err();
                    assert_eq!(number_of(&error), Some(bad.unsigned_abs()), "{error}");
                    assert!(matches!(error.without_row(), Error::Refused(_)), "{error:?}");
                    let error = copy(&tx, twice.clone()).await.unwrap_err();
                    assert_eq!(number_of(&error), Some(bad.unsigned_abs()), "{error}");
                    assert!(matches!(error.without_row(), Error::Duplicate(_)), "{error:?}");
                    assert_eq!(ids(&tx).await, [-1], "the transaction goes on without them");
                    Ok(())
                })
                .await;
            nothing.unwrap();
        }
        assert_eq!(ids(&db.database).await, [-1]);
    }

    async fn a_row_that_names_none_is_named(db) {
        make_tables(&db).await;
        execute_many(&db.database, (1..=9).map(sample)).await.unwrap();
        let rows = (1..=300_i64).map(|id| {
            let sample = if id == 222 { 10 } else { id % 9 + 1 };
            Ok::<_, Error>(part::ActiveModel { id: Set(id), sample_id: Set(sample) })
        });
        let refused = db
            .database
            .write(async |tx| copy_models(&tx, stream::iter(rows.clone())).await)
            .await
            .unwrap_err();
        assert_eq!(number_of(&refused), Some(222), "{refused}");
        assert!(matches!(refused.without_row(), Error::Referenced(_)), "{refused:?}");
    }

    async fn what_cannot_be_sent_is_named_before_it_is(db) {
        make_tables(&db).await;
        let short = vec![Value::from(3_i64)];
        let zero = row(3, "a\0b").to_vec();
        let far = vec![3_i64.into(), chrono::NaiveDate::MAX.into()];
        let nan = vec![3_i64.into(), f64::NAN.into()];
        let large = vec![u64::MAX.into(), "".into()];
        for (bad, column, reason) in [
            (short, Column::Text, "one value for each column"),
            (zero, Column::Text, "U+0000"),
            (far, Column::Day, "years 1 to 9999"),
            (nan, Column::Number, "NaN"),
            (large, Column::Text, "9223372036854775807"),
        ] {
            let null = || Value::from(None::<String>);
            let good = |id: i64| if matches!(column, Column::Text) {
                vec![id.into(), null()]
            } else {
                vec![id.into(), bad[1].as_null()]
            };
            let rows = [good(1), good(2), bad.clone()].map(Ok::<_, Error>);
            let refused = db
                .database
                .write(async |tx| copy_in(&tx, &[Column::Id, column], stream::iter(rows.clone())).await)
                .await
                .unwrap_err();
            assert_eq!(number_of(&refused), Some(3), "{refused}");
            assert!(refused.to_string().contains(reason), "{refused}");
        }
        assert!(ids(&db.database).await.is_empty());
    }

    async fn a_table_that_is_not_there_blames_no_row(db) {
        let refused = db.database.write(async |tx| copy(&tx, [row(1, "")]).await).await;
        assert!(matches!(refused, Err(Error::Other(_))), "{refused:?}");
    }

    async fn the_error_of_the_rows_is_answered_as_it_is(db) {
        make_tables(&db).await;
        let rows = (1..=700).map(|id| match id {
            700 => Err(Error::Unfinished("the file ended".to_owned())),
            id => Ok(row(id, "")),
        });
        let failed: Result<(), Error> = db
            .database
            .write(async |tx| {
                let failed = copy_in(&tx, &COLUMNS, stream::iter(rows.clone())).await;
                assert!(matches!(failed, Err(Error::Unfinished(_))), "{failed:?}");
                assert!(ids(&tx).await.is_empty());
                copy(&tx, [row(1, "after")]).await?;
                Ok(())
            })
            .await;
        failed.unwrap();
        assert_eq!(ids(&db.database).await, [1]);
    }

    async fn the_rows_may_come_from_the_same_transaction(db) {
        make_tables(&db).await;
        let copied = db
            .database
            .write(async |tx| {
                let asked = stream::iter(1..=200_i64).then(async |id| {
                    let double = sql("SELECT CAST($1 AS bigint) * 2", [id.into()]);
                    let id: i64 = fetch_value(&tx, &double).await?;
                    Ok::<_, Error>(row(id, "double"))
                });
                copy_in(&tx, &COLUMNS, asked).await
            })
            .await;
        assert_eq!(copied.unwrap(), 200);
        assert!(ids(&db.database).await.into_iter().eq((2..=400).step_by(2)));
    }

    async fn a_load_that_is_dropped_leaves_nothing_and_no_broken_connection(db) {
        make_tables(&db).await;
        let text = "x".repeat(1000);
        for delay in 0..12_u64 {
            let work = db.database.write(async |tx| {
                copy(&tx, (1..=12_000).map(|id| row(id, &text))).await?;
                // Nothing of it is to be committed.
                std::future::pending::<Result<(), Error>>().await
            });
            let _ = tokio::time::timeout(Duration::from_millis(delay * 15), work).await;
            assert!(ids(&db.database).await.is_empty());
        }
        let after = db.database.write(async |tx| copy(&tx, [row(1, "after")]).await).await;
        assert_eq!(after.unwrap(), 1);
    }
}
