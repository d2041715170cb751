//! Where a PostgreSQL schema lies, and what else lies there, makes no difference.

use db::{DbErr, Engine};
use migration::{
    catalogue::read,
    drift::{self, Fix},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use testkit::TestDatabase;

use super::{connect, differences, expected, lines, make_empty, postgres::EXTRA, run};

async fn word(connection: &DatabaseConnection, sql: &str) -> Option<String> {
    let question = Statement::from_string(DbBackend::Postgres, sql);
    let row = connection.query_one_raw(question).await.unwrap()?;
    row.try_get("", "word").unwrap()
}

#[tokio::test]
async fn a_schema_of_any_name_reads_the_same() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let connection = connect(&db).await;
    let transaction = connection.begin().await.unwrap();
    for sql in [
        "CREATE SCHEMA \"Own \"\"books\"",
        "SET search_path TO \"Own \"\"books\"",
    ] {
        transaction.execute_unprepared(sql).await.unwrap();
    }
    drift::apply(&transaction, None).await.unwrap();
    for sql in EXTRA {
        transaction.execute_unprepared(sql).await.unwrap();
    }
    transaction.commit().await.unwrap();
    run(&connection, "SET search_path TO public").await;

    let expected = expected(&connection, EXTRA).await;
    let found = read(&connection, Some("Own \"books")).await.unwrap();
    assert_eq!(lines(&drift::differences(&expected, &found)), [""; 0]);
    assert_eq!(expected, found);
    for object in found.objects.values() {
        let all = format!("{} {} {}", object.definition, object.create, object.drop);
        assert!(!all.contains("Own"), "{all}");
    }
    let path = word(&connection, "SELECT current_setting('search_path') AS word").await;
    assert_eq!(
        path.as_deref(),
        Some("public"),
        "the reading leaves the path as it was"
    );
}

#[tokio::test]
async fn what_belongs_to_an_extension_is_no_difference() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let connection = connect(&db).await;
    let expected = expected(&connection, &[]).await;
    for extension in ["pg_stat_statements", "hstore", "btree_gist", "tablefunc"] {
        let there = format!(
            "SELECT name::text AS word FROM pg_available_extensions WHERE name = '{extension}'"
        );
        if word(&connection, &there).await.is_some() {
            run(&connection, &format!("CREATE EXTENSION {extension}")).await;
        }
    }
    assert_eq!(lines(&differences(&expected, &connection).await), [""; 0]);
}

#[tokio::test]
async fn tables_of_another_owner_are_no_difference() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let connection = connect(&db).await;
    let expected = expected(&connection, &[]).await;
    let sql = "ALTER TABLE lots OWNER TO pg_monitor;
        ALTER FUNCTION refuse_truncation() OWNER TO pg_monitor";
    run(&connection, sql).await;
    assert_eq!(lines(&differences(&expected, &connection).await), [""; 0]);
}

#[tokio::test]
async fn who_may_make_no_schema_is_told_so() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let connection = connect(&db).await;
    run(&connection, "SET ROLE pg_monitor").await;
    let apply = async |_: &_| -> Result<(), DbErr> { Ok(()) };
    let error = drift::expected(&connection, apply)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("GRANT CREATE ON DATABASE"), "{error}");
}

testkit::on_both_engines! {
    async fn each_object_that_is_dropped_is_found_and_mended(db) {
        let connection = connect(&db).await;
        let extra = if db.database.engine() == Engine::Postgres { EXTRA } else { &[] };
        for sql in extra {
            run(&connection, sql).await;
        }
        let expected = expected(&connection, extra).await;
        let mut dropped = 0;
        for object in expected.objects.values() {
            // What others stand on is not dropped without them.
            if object.drop.is_empty() || connection.execute_unprepared(&object.drop).await.is_err() {
                continue;
            }
            dropped += 1;
            let found = differences(&expected, &connection).await;
            let told = lines(&found);
            // What a fix before this one had left would be a second line.
            assert!(told.len() == 1 && *found[0].object() == object.key, "{}: {told:#?}", object.key);
            if let Fix::Sql(sql) = found[0].fix() {
                run(&connection, sql).await;
            } else {
                run(&connection, &object.create).await;
            }
        }
        assert_eq!(lines(&differences(&expected, &connection).await), [""; 0]);
        assert!(dropped > 140, "{dropped} of {}", expected.objects.len());
    }

    async fn the_fixes_make_a_whole_schema_out_of_nothing(db) {
        let connection = connect(&db).await;
        let extra = if db.database.engine() == Engine::Postgres { EXTRA } else { &[] };
        let expected = expected(&connection, extra).await;
        make_empty(&connection).await;
        let missing = differences(&expected, &connection).await;
        // What hangs on a table is told with it.
        let told = lines(&missing);
        let besides = told.iter().filter(|line| !line.starts_with("missing table ")).count();
        assert!(besides < 15, "{told:#?}");
        for difference in &missing {
            run(&connection, difference.fix().as_str()).await;
        }
        assert_eq!(lines(&differences(&expected, &connection).await), [""; 0]);
    }
}
