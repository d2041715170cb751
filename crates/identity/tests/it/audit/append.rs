//! What is added is one chain, whoever adds to it, and stays as it is.

use chrono::Timelike;
use db::{ConnectionTrait, Database};
use entity::values::{ActorKind, AuditOutcome};
use futures_util::future::join_all;
use identity::audit::{self, Entry, FIRST_PREV_HASH};
use serde_json::json;

use super::{add, head, rows};

testkit::on_both_engines! {
    async fn a_row_says_who_did_what_to_what_and_when(db) {
        let ctx = db.ctx().await;
        let entry = Entry::done("portfolio.create", "portfolio")
            .of("p-1")
            .with("name", "Broker")
            .with("currencies", vec!["USD", "EUR"]);
        assert_eq!(add(&ctx, &ctx.database, entry).await, 1);
        let row = rows(&ctx.database).await.pop().unwrap();
        assert_eq!((row.seq, &*row.prev_hash), (1, FIRST_PREV_HASH));
        assert_eq!((row.actor_kind, row.actor_user_id), (ActorKind::User, Some(ctx.scope)));
        assert_eq!((&*row.action, &*row.resource_type), ("portfolio.create", "portfolio"));
        assert_eq!((row.resource_id.as_deref(), &*row.request_id), (Some("p-1"), "test"));
        assert_eq!(row.details, json!({"name": "Broker", "currencies": ["USD", "EUR"]}));
        assert_eq!(row.outcome, AuditOutcome::Done);
        assert_eq!(row.at.nanosecond() % 1_000, 0);
        let head = head(&ctx.database).await;
        assert_eq!((head.seq, head.hash), (1, row.hash));
    }

    async fn many_at_once_from_two_programs_make_one_chain(db) {
        let ctx = db.ctx().await;
        let other = Database::connect(&db.settings()).await.unwrap();
        let adding = (0..64).map(|number| {
            let database = if number % 2 == 0 { &db.database } else { &other };
            add(&ctx, database, Entry::done("book.change", "book").of(number))
        });
        let mut numbers = join_all(adding).await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
        let rows = rows(&db.database).await;
        let mut before = FIRST_PREV_HASH;
        for (row, number) in rows.iter().zip(1..) {
            assert_eq!((row.seq, &*row.prev_hash), (number, before));
            before = &row.hash;
        }
        assert!(rows.is_sorted_by_key(|row| row.at), "times stand in the rows' order");
        assert_eq!(head(&db.database).await.hash, before);
        other.close().await;
    }

    async fn what_is_rolled_back_leaves_no_hole(db) {
        let ctx = db.ctx().await;
        add(&ctx, &db.database, Entry::done("first", "thing")).await;
        let undone = db.database.write(async |tx| {
            audit::append(&ctx, &tx, Entry::done("undone", "thing")).await?;
            Err::<(), _>(db::Error::Unfinished("as the test wants it".to_owned()))
        });
        undone.await.unwrap_err();
        assert_eq!(add(&ctx, &db.database, Entry::refused("second", "thing")).await, 2);
        let rows = rows(&db.database).await;
        assert_eq!(rows[1].prev_hash, rows[0].hash);
        assert_eq!(rows[1].outcome, AuditOutcome::Refused);
    }

    async fn two_rows_of_one_transaction_follow_each_other(db) {
        let ctx = db.ctx().await;
        let both = db.database.write(async |tx| {
            let first = audit::append(&ctx, &tx, Entry::done("first", "thing")).await?;
            let second = audit::append(&ctx, &tx, Entry::done("second", "thing")).await?;
            Ok::<_, db::Error>((first, second))
        });
        assert_eq!(both.await.unwrap(), (1, 2));
    }

    async fn nothing_in_a_row_commands_a_terminal(db) {
        let ctx = db.ctx().await;
        let entry = Entry::refused("portfolio.read", "portfolio")
            .of("\u{1b}[2J\0x")
            .with("text\n", vec!["a\r\nb\u{9b}c"]);
        add(&ctx, &db.database, entry).await;
        let row = rows(&db.database).await.pop().unwrap();
        assert_eq!(row.resource_id.as_deref(), Some("\u{fffd}[2J\u{fffd}x"));
        let expected = json!({"text\u{fffd}": ["a\u{fffd}\u{fffd}b\u{fffd}c"]});
        assert_eq!(row.details, expected);
    }

    async fn numbers_that_readers_of_json_disagree_on_are_kept_as_text(db) {
        let ctx = db.ctx().await;
        let entry = Entry::done("change", "thing").with(
            "numbers",
            json!([0, -1, 9_007_199_254_740_991_i64, 9_007_199_254_740_992_i64, u64::MAX, 0.5, -0.0]),
        );
        add(&ctx, &db.database, entry).await;
        let row = rows(&db.database).await.pop().unwrap();
        let expected = json!([
            0, -1, 9_007_199_254_740_991_i64, "9007199254740992", "18446744073709551615", "0.5",
            "-0.0",
        ]);
        assert_eq!(row.details["numbers"], expected);
    }

    async fn too_long_a_text_is_cut_and_too_long_details_are_left_out(db) {
        let ctx = db.ctx().await;
        let fits = 16 * 1024 - r#"{"x":""}"#.len();
        add(&ctx, &db.database, Entry::done("change", "thing").with("x", "y".repeat(fits))).await;
        let long = Entry::done("change", "thing").of("ä".repeat(600)).with("x", "y".repeat(fits + 1));
        add(&ctx, &db.database, long).await;
        let rows = rows(&db.database).await;
        assert_eq!(rows[0].details["x"], "y".repeat(fits));
        assert_eq!(rows[1].resource_id, Some("ä".repeat(512)));
        assert_eq!(rows[1].details["left_out_bytes"], 16 * 1024 + 1);
        assert_eq!(rows[1].details["left_out_sha256"].as_str().unwrap().len(), 64);
    }

    async fn the_service_can_change_and_remove_no_row(db) {
        let ctx = db.ctx().await;
        add(&ctx, &db.database, Entry::done("first", "thing")).await;
        let as_it_was = rows(&db.database).await;
        let mut tries = vec![
            "UPDATE audit_log SET action = 'x'",
            "DELETE FROM audit_log",
        ];
        tries.extend(match db.database.engine() {
            db::Engine::Sqlite => &[
                "REPLACE INTO audit_log SELECT seq, at, actor_user_id, actor_kind, 'x', resource_type, \
                 resource_id, details, ip, user_agent, request_id, outcome, prev_hash, hash FROM audit_log",
                "INSERT OR REPLACE INTO audit_log SELECT 7, at, actor_user_id, actor_kind, action, \
                 resource_type, resource_id, details, ip, user_agent, request_id, outcome, prev_hash, 'x' \
                 FROM audit_log",
            ][..],
            db::Engine::Postgres => &[
                "TRUNCATE audit_log",
                "ALTER TABLE audit_log DISABLE TRIGGER ALL",
                "DROP TRIGGER audit_log_append_only ON audit_log",
                "DROP TABLE audit_log",
                "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql \
                 AS $$ BEGIN RETURN NEW; END $$",
                "SET session_replication_role = replica",
                "DELETE FROM audit_heads",
                "INSERT INTO audit_heads VALUES (1, 0, 'x') ON CONFLICT DO NOTHING",
            ][..],
        });
        for sql in tries {
            let tried = db.database.execute_unprepared(sql).await;
            assert!(tried.is_err(), "{sql} was carried out");
        }
        assert_eq!(rows(&db.database).await, as_it_was);
    }
}

#[tokio::test]
async fn not_even_the_owner_removes_a_row_by_mistake() {
    let Some(db) = testkit::TestDatabase::postgres().await else {
        return;
    };
    let ctx = db.ctx().await;
    add(&ctx, &db.database, Entry::done("first", "thing")).await;
    let owner = db.owner().await;
    for sql in [
        "UPDATE audit_log SET action = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ] {
        let refused = owner.execute_unprepared(sql).await.unwrap_err();
        assert!(
            refused.to_string().contains("the audit log only grows"),
            "{refused}"
        );
    }
    owner.close().await;
}
