//! Whatever was done to a log, `verify` says what, and where.

use db::{Database, Engine};
use entity::identity::audit_entry;
use identity::audit::{self, Entry, Fault, Head, Verdict};
use sea_orm::Iterable;
use testkit::TestDatabase;

use super::{add, head, rows, tamper};

/// A log of ten rows.
async fn log_of_ten(db: &TestDatabase) -> Vec<audit_entry::Model> {
    let ctx = db.ctx().await;
    for number in 1..=10 {
        let entry = Entry::done("thing.change", "thing")
            .of(number)
            .with("number", number);
        add(&ctx, &db.database, entry).await;
    }
    rows(&db.database).await
}

async fn verify(database: &Database, known: Option<&Head>) -> Verdict {
    audit::verify(database, known, &|_| ()).await.unwrap()
}

async fn fault(db: &TestDatabase) -> Option<Fault> {
    let Verdict { good, fault } = verify(&db.database, None).await;
    if let Some(fault) = &fault {
        assert!(
            good.seq < fault.seq() || matches!(fault, Fault::HeadDiffers { .. }),
            "{fault}"
        );
    }
    fault
}

fn head_of(row: &audit_entry::Model) -> Head {
    Head {
        seq: row.seq,
        hash: row.hash.clone(),
    }
}

testkit::on_both_engines! {
    async fn a_log_that_nobody_touched_is_good_to_its_end(db) {
        let nothing = verify(&db.database, Some(&Head::of_nothing())).await;
        assert_eq!(nothing, Verdict { good: Head::of_nothing(), fault: None });
        let rows = log_of_ten(&db).await;
        for known in [&rows[0], &rows[4], &rows[9]] {
            let verdict = verify(&db.database, Some(&head_of(known))).await;
            assert_eq!(verdict, Verdict { good: head_of(&rows[9]), fault: None });
        }
    }

    async fn what_the_format_says_is_what_is_written(db) {
        for row in log_of_ten(&db).await {
            assert_eq!(tamper::sealed(row.clone(), &row.prev_hash), row);
        }
    }

    async fn pages_join_and_progress_is_told(db) {
        let ctx = db.ctx().await;
        let added = db.database.write(async |tx| {
            for _ in 0..1_203 {
                audit::append(&ctx, &tx, Entry::done("thing.change", "thing")).await?;
            }
            Ok::<_, db::Error>(())
        });
        added.await.unwrap();
        let told = std::sync::Mutex::new(Vec::new());
        let tell = |done| told.lock().unwrap().push(done);
        let verdict = audit::verify(&db.database, None, &tell);
        assert_eq!(verdict.await.unwrap().good.seq, 1_203);
        let told = told.into_inner().unwrap();
        assert!(told.is_sorted() && told.len() > 2 && told.last() == Some(&1_203), "{told:?}");
        tamper::edit(&tamper::owner(&db).await, audit_entry::Column::Action, 1_001).await;
        assert_eq!(fault(&db).await, Some(Fault::Edited { seq: 1_001 }));
    }

    async fn an_edit_of_any_column_is_found(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        for column in audit_entry::Column::iter() {
            tamper::edit(&owner, column, 5).await;
            let expected = if matches!(column, audit_entry::Column::Seq) {
                Fault::Reordered { seq: 5, stands_at: 1_005 }
            } else {
                Fault::Edited { seq: 5 }
            };
            assert_eq!(fault(&db).await, Some(expected), "{column:?}");
            tamper::delete(&owner, 5, 5).await;
            tamper::delete(&owner, 1_005, 1_005).await;
            tamper::insert(&owner, rows[4].clone()).await;
            assert_eq!(fault(&db).await, None);
        }
    }

    async fn an_edit_that_reads_the_same_to_some_is_found(db) {
        log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        let other_forms = match owner.engine() {
            Engine::Sqlite => &[
                r#"{"number":6,"number":5}"#, r#"{"number": 5}"#, r#"{"number":5.0}"#,
                r#"{"number":5"#, "not json",
            ][..],
            Engine::Postgres => &[
                r#"{"number":5.0}"#, r#"{"number":5.0000000000000000001}"#, r#"{"number":"5"}"#,
            ][..],
        };
        for details in other_forms {
            let edit = format!("UPDATE audit_log SET details = '{details}' WHERE seq = 5");
            tamper::run(&owner, &edit).await;
            assert_eq!(fault(&db).await, Some(Fault::Edited { seq: 5 }), "{details}");
        }
    }

    async fn deleted_rows_are_found(db) {
        log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        tamper::delete(&owner, 7, 8).await;
        assert_eq!(fault(&db).await, Some(Fault::Deleted { seq: 7, last: 8 }));
        tamper::delete(&owner, 1, 1).await;
        assert_eq!(fault(&db).await, Some(Fault::Deleted { seq: 1, last: 1 }));
    }

    async fn deleted_rows_are_found_if_the_rest_is_numbered_anew(db) {
        log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        tamper::delete(&owner, 7, 8).await;
        tamper::renumber(&owner, 9, -2).await;
        assert_eq!(fault(&db).await, Some(Fault::Detached { seq: 7 }));
    }

    async fn deleted_rows_are_found_if_the_next_is_sealed_over_the_one_before(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        tamper::delete(&owner, 7, 8).await;
        let mut next = rows[8].clone();
        next.prev_hash.clone_from(&rows[5].hash);
        tamper::rewrite(&owner, vec![next]).await;
        assert_eq!(fault(&db).await, Some(Fault::Deleted { seq: 7, last: 8 }));
    }

    async fn swapped_rows_are_found(db) {
        log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        tamper::swap(&owner, 4, 9).await;
        assert_eq!(fault(&db).await, Some(Fault::Reordered { seq: 4, stands_at: 9 }));
        tamper::swap(&owner, 4, 9).await;
        tamper::swap(&owner, 1, 2).await;
        assert_eq!(fault(&db).await, Some(Fault::Reordered { seq: 1, stands_at: 2 }));
    }

    async fn a_row_put_between_two_is_found(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        tamper::renumber(&owner, 5, 1).await;
        let forged = tamper::sealed(rows[4].clone(), &"cd".repeat(32));
        tamper::insert(&owner, forged).await;
        assert_eq!(fault(&db).await, Some(Fault::Inserted { seq: 5 }));
    }

    async fn a_row_put_behind_the_last_is_found(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        let last = audit_entry::Model { seq: 11, ..rows[9].clone() };
        tamper::insert(&owner, tamper::sealed(last, &rows[9].hash)).await;
        assert_eq!(fault(&db).await, Some(Fault::HeadDiffers { seq: 11 }));
    }

    async fn a_row_replaced_with_its_hash_is_found_at_the_next(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        let forged = audit_entry::Model { action: "forged".to_owned(), ..rows[4].clone() };
        tamper::rewrite(&owner, vec![forged]).await;
        assert_eq!(fault(&db).await, Some(Fault::Detached { seq: 6 }));
    }

    async fn a_log_cut_off_is_found_by_the_row_of_its_head(db) {
        log_of_ten(&db).await;
        tamper::delete(&tamper::owner(&db).await, 8, 10).await;
        assert_eq!(fault(&db).await, Some(Fault::Truncated { seq: 8, known: 10 }));
    }

    async fn a_log_cut_off_with_its_head_is_found_by_a_head_that_was_kept(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        tamper::delete(&owner, 8, 10).await;
        tamper::set_head(&owner, 7, &rows[6].hash).await;
        assert_eq!(fault(&db).await, None, "nothing in the database tells");
        let kept = verify(&db.database, Some(&head_of(&rows[8]))).await;
        assert_eq!(kept.fault, Some(Fault::Truncated { seq: 8, known: 9 }));
        let older = verify(&db.database, Some(&head_of(&rows[6]))).await;
        assert_eq!(older.fault, None);
    }

    async fn a_log_written_anew_is_found_by_a_head_that_was_kept(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        let mut anew = rows[4..].to_vec();
        anew[0].details = serde_json::json!({"number": 500});
        let hash = tamper::rewrite(&owner, anew).await;
        tamper::set_head(&owner, 10, &hash).await;
        assert_eq!(fault(&db).await, None, "nothing in the database tells");
        let kept = verify(&db.database, Some(&head_of(&rows[7]))).await;
        assert_eq!((kept.fault, kept.good.seq), (Some(Fault::Rewritten { seq: 8 }), 7));
        let older = verify(&db.database, Some(&head_of(&rows[3]))).await;
        assert_eq!(older.fault, None);
    }

    async fn a_head_that_was_edited_or_deleted_is_found(db) {
        let rows = log_of_ten(&db).await;
        let owner = tamper::owner(&db).await;
        tamper::set_head(&owner, 10, &rows[8].hash).await;
        assert_eq!(fault(&db).await, Some(Fault::HeadDiffers { seq: 10 }));
        tamper::set_head(&owner, 9, &rows[8].hash).await;
        assert_eq!(fault(&db).await, Some(Fault::HeadDiffers { seq: 10 }));
        tamper::set_head(&owner, 12, &rows[9].hash).await;
        assert_eq!(fault(&db).await, Some(Fault::Truncated { seq: 11, known: 12 }));
        tamper::run(&owner, "DELETE FROM audit_heads").await;
        assert_eq!(fault(&db).await, Some(Fault::HeadDiffers { seq: 10 }));
    }

    async fn nothing_is_added_to_a_log_without_its_head(db) {
        let ctx = db.ctx().await;
        tamper::run(&tamper::owner(&db).await, "DELETE FROM audit_heads").await;
        let refused = db.database.write(async |tx| {
            audit::append(&ctx, &tx, Entry::done("thing.change", "thing")).await
        });
        assert!(refused.await.unwrap_err().to_string().contains("audit verify"));
    }

    async fn a_log_that_grows_meanwhile_is_good(db) {
        log_of_ten(&db).await;
        let ctx = db.ctx().await;
        let growing = async {
            for _ in 0..20 {
                add(&ctx, &db.database, Entry::done("thing.change", "thing")).await;
            }
        };
        let verifying = async {
            for _ in 0..20 {
                assert_eq!(fault(&db).await, None);
            }
        };
        futures_util::future::join(Box::pin(growing), Box::pin(verifying)).await;
        assert_eq!(head(&db.database).await.seq, 30);
    }
}

#[tokio::test]
async fn two_rows_that_follow_the_same_are_found() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let rows = log_of_ten(&db).await;
    let owner = tamper::owner(&db).await;
    tamper::run(
        &owner,
        "ALTER TABLE audit_log DROP CONSTRAINT audit_log_prev_hash_key",
    )
    .await;
    tamper::renumber(&owner, 5, 1).await;
    let forged = audit_entry::Model {
        action: "forged".to_owned(),
        ..rows[4].clone()
    };
    tamper::insert(&owner, tamper::sealed(forged, &rows[3].hash)).await;
    assert_eq!(fault(&db).await, Some(Fault::Inserted { seq: 5 }));
}
