//! How a transaction ends when what is done within it goes wrong.

use std::{sync::Mutex, time::Duration};

use db::{ConnectionTrait, Database, Error, Tx};
use futures_util::TryStreamExt;
use sea_orm::{Statement, StreamTrait, TransactionSession, TransactionTrait};
use testkit::TestDatabase;

async fn make(db: &TestDatabase) {
    let sql = "CREATE TABLE notes (text text NOT NULL PRIMARY KEY)";
    db.make_tables(sql).await;
}

async fn note(tx: &Tx, text: &str) -> Result<(), Error> {
    let sql = "INSERT INTO notes VALUES ($1)";
    let statement = Statement::from_sql_and_values(
        ConnectionTrait::get_database_backend(tx),
        sql,
        [text.into()],
    );
    tx.execute_raw(statement).await?;
    Ok(())
}

async fn notes(connection: &impl ConnectionTrait) -> Vec<String> {
    let sql = "SELECT text FROM notes ORDER BY text";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "text").unwrap())
        .collect()
}

/// The pools themselves may be opening connections.
async fn until_none_is_in_use(database: &Database) {
    let idle = async {
        while database.pool_status().in_use > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), idle)
        .await
        .unwrap();
}

fn is_postgres(database: &Database) -> bool {
    database.engine() == db::Engine::Postgres
}

testkit::on_both_engines! {
    async fn a_failure_that_the_work_passes_over_is_never_acknowledged_and_lost(db) {
        make(&db).await;
        let work = async |tx: Tx| -> Result<(), Error> {
            note(&tx, "first").await?;
            let _ = note(&tx, "first").await;
            Ok(())
        };
        let outcome = db.database.write(work).await;
        // SQLite undoes the statement that failed, and no more.
        if is_postgres(&db.database) {
            assert!(matches!(outcome, Err(Error::Unfinished(_))), "{outcome:?}");
            assert!(notes(&db.database).await.is_empty());
        } else {
            outcome.unwrap();
            assert_eq!(notes(&db.database).await, ["first"]);
        }
    }

    async fn a_savepoint_that_is_rolled_back_leaves_the_rest(db) {
        make(&db).await;
        let work = async |tx: Tx| -> Result<(), Error> {
            note(&tx, "outer").await?;
            let inner = tx.begin().await?;
            note(&inner, "inner").await?;
            assert!(note(&inner, "inner").await.is_err());
            inner.rollback().await?;
            let kept = tx.begin().await?;
            note(&kept, "kept").await?;
            kept.commit().await?;
            note(&tx, "last").await
        };
        db.database.write(work).await.unwrap();
        assert_eq!(notes(&db.database).await, ["kept", "last", "outer"]);
    }

    async fn a_savepoint_that_is_dropped_is_undone(db) {
        make(&db).await;
        let work = async |tx: Tx| -> Result<(), Error> {
            note(&tx, "outer").await?;
            let inner = tx.begin().await?;
            note(&inner, "inner").await?;
            let innermost = inner.begin().await?;
            note(&innermost, "innermost").await?;
            drop((innermost, inner));
            note(&tx, "last").await?;
            note(&tx.begin().await?, "dropped at the end").await
        };
        db.database.write(work).await.unwrap();
        assert_eq!(notes(&db.database).await, ["last", "outer"]);
    }

    async fn a_savepoint_whose_outer_one_has_gone_costs_no_acknowledged_write(db) {
        make(&db).await;
        for is_dropped in [false, true] {
            let text = format!("dropped: {is_dropped}");
            let work = async |tx: Tx| -> Result<(), Error> {
                note(&tx, &text).await?;
                let outer = tx.begin().await?;
                let inner = outer.begin().await?;
                if is_dropped {
                    drop(outer);
                    note(&tx, &format!("{text}, between")).await?;
                    drop(inner);
                    let _ = note(&tx, &format!("{text}, after")).await;
                } else {
                    outer.rollback().await?;
                    let _ = inner.rollback().await;
                }
                Ok(())
            };
            let outcome = db.database.write(work).await;
            let is_there = notes(&db.database).await.contains(&text);
            assert_eq!(outcome.is_ok(), is_there, "{text}: {outcome:?}");
        }
    }

    async fn what_is_kept_of_a_transaction_beyond_its_end_is_refused(db) {
        make(&db).await;
        let kept = Mutex::new(None);
        let work = async |tx: Tx| -> Result<(), Error> {
            note(&tx, "in time").await?;
            *kept.lock().unwrap() = Some(tx);
            Ok(())
        };
        db.database.write(work).await.unwrap();
        let kept = kept.into_inner().unwrap().unwrap();
        assert!(note(&kept, "too late").await.is_err());
        assert!(kept.begin().await.is_err());
        assert_eq!(notes(&db.database).await, ["in time"]);
        until_none_is_in_use(&db.database).await;
    }

    async fn a_stream_dropped_half_way_spoils_its_own_transaction_alone(db) {
        make(&db).await;
        let many = async |tx: Tx| -> Result<(), Error> {
            for number in 0..500 {
                note(&tx, &format!("note {number:03}")).await?;
            }
            Ok(())
        };
        db.database.write(many).await.unwrap();
        let statement = || Statement::from_string(
            ConnectionTrait::get_database_backend(&db.database),
            "SELECT a.text FROM notes a, notes b",
        );
        for _ in 0..10 {
            let mut rows = db.database.reader().stream_raw(statement()).await.unwrap();
            assert!(rows.try_next().await.unwrap().is_some());
            drop(rows);
            let mut rows = db.database.stream_raw(statement()).await.unwrap();
            assert!(rows.try_next().await.unwrap().is_some());
            drop(rows);
            let work = async |tx: Tx| -> Result<(), Error> {
                let mut rows = tx.stream_raw(statement()).await?;
                assert!(rows.try_next().await?.is_some());
                drop(rows);
                let _ = note(&tx, "behind the stream").await;
                Ok(())
            };
            assert!(db.database.write(work).await.is_err());
            assert_eq!(notes(db.database.reader()).await.len(), 500);
            assert_eq!(notes(&db.database).await.len(), 500);
        }
        until_none_is_in_use(&db.database).await;
    }
}
