//! Accounts, sessions, tokens, the audit log; the time that services see, and what a context sees unbound.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod api_tokens;
mod audit;
mod logins;
mod sessions;
mod standing;
mod support;
mod webhook;

use db::{ConnectionTrait, Reader};
use sea_orm::{DbBackend, Statement};

testkit::on_both_engines! {
    async fn now_is_what_both_engines_can_store(db) {
        let now = db.ctx().await.now();
        assert_eq!(now.timestamp_subsec_nanos() % 1_000, 0);
    }
}

/// Puts a row of the user `{user}` into every table that has a `user_id`, whatever its columns: those
/// without a default hold some value of their type, and no check, key or trigger minds it.
const A_ROW_EVERYWHERE: &str = "DO $$
    DECLARE
        own regclass;
        check_name text;
        columns text;
        contents text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR own IN
            SELECT attrelid::regclass FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE attname = 'user_id' AND relkind IN ('r', 'p') AND NOT relispartition
                AND relnamespace = 'public'::regnamespace
        LOOP
            FOR check_name IN
                SELECT conname FROM pg_constraint WHERE conrelid = own AND contype = 'c'
            LOOP
                EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', own, check_name);
            END LOOP;
            SELECT string_agg(quote_ident(attname), ', '),
                string_agg(CASE
                    WHEN attname = 'user_id' THEN quote_literal('{user}')
                    WHEN atttypid = 'uuid'::regtype THEN 'gen_random_uuid()'
                    WHEN atttypid IN ('date'::regtype, 'timestamptz'::regtype) THEN 'now()'
                    WHEN atttypid = 'jsonb'::regtype THEN quote_literal('{}')
                    WHEN atttypid = 'bool'::regtype THEN 'true'
                    ELSE quote_literal('1')
                END, ', ')
            INTO columns, contents
            FROM pg_attribute
            WHERE attrelid = own AND attnum > 0 AND attnotnull AND NOT attisdropped;
            EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', own, columns, contents);
        END LOOP;
    END $$";

/// The first column of every row, as text.
async fn column(db: &impl ConnectionTrait, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

#[tokio::test]
async fn what_is_read_unbound_is_nobodys() {
    let Some(db) = testkit::TestDatabase::postgres().await else {
        return;
    };
    let (ctx, owner) = (db.ctx().await, db.owner().await);
    let fill = A_ROW_EVERYWHERE.replace("{user}", &ctx.scope.to_string());
    owner.execute_unprepared(&fill).await.unwrap();
    let tables = "SELECT DISTINCT attrelid::regclass::text FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        WHERE attname = 'user_id' AND relkind IN ('r', 'p') AND NOT relispartition
            AND relnamespace = 'public'::regnamespace";
    let tables = column(&owner, tables).await;
    assert!(tables.len() >= 11, "{tables:?}");

    let shared: Reader = ctx.shared();
    for table in tables {
        let whose = format!("SELECT user_id::text FROM {table}");
        let there = column(&owner, &whose).await;
        assert_eq!(there.len(), 1, "{table}");
        // A bound statement before and after it leaves nothing for the unbound one to find.
        let bound = column(ctx.database.reader(), &whose).await;
        assert_eq!(bound, there, "{table}, as its user");
        assert!(column(&shared, &whose).await.is_empty(), "{table}, unbound");
    }
    let users = column(&shared, "SELECT id::text FROM users").await;
    assert_eq!(users, [ctx.scope.to_string()], "what is shared is there");
}

#[tokio::test]
async fn what_is_read_unbound_takes_no_statement_that_writes() {
    let db = testkit::TestDatabase::sqlite().await;
    let delete = Statement::from_string(DbBackend::Sqlite, "DELETE FROM users");
    let shared = db.ctx().await.shared();
    shared.execute_raw(delete.clone()).await.unwrap_err();
    shared.query_all_raw(delete).await.unwrap_err();
}
