use db::{DbErr, Engine};
use migration::{Migrator, catalogue::read, drift};
use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, TransactionTrait},
};

use super::{connect, differences, expected, lines, make_empty, run};

testkit::on_both_engines! {
    async fn nothing_is_reported_on_a_migrated_database(db) {
        let connection = connect(&db).await;
        let expected = expected(&connection, &[]).await;

        assert!(expected.objects.len() > 150, "{}", expected.objects.len());
        assert_eq!(lines(&differences(&expected, &connection).await), [""; 0]);
        assert_eq!(expected, read(&connection, None).await.unwrap());
        assert_eq!(expected, read(db.database.reader(), None).await.unwrap());
    }

    async fn a_database_that_is_behind_is_compared_with_its_own_version(db) {
        let connection = connect(&db).await;
        let migrations = Migrator::migrations();
        let until = migrations[1].name();
        let apply = async |tx: &DatabaseTransaction| drift::apply(tx, Some(until)).await;
        make_empty(&connection).await;
        let transaction = connection.begin().await.unwrap();
        apply(&transaction).await.unwrap();
        transaction.commit().await.unwrap();

        let own = drift::expected(&connection, apply).await.unwrap();
        assert!(own.objects.len() > 50, "{}", own.objects.len());
        assert_eq!(lines(&differences(&own, &connection).await), [""; 0]);

        let all = expected(&connection, &[]).await;
        assert!(!differences(&all, &connection).await.is_empty());
    }

    async fn a_migration_that_fails_leaves_nothing_and_is_told(db) {
        let connection = connect(&db).await;
        let apply = async |tx: &DatabaseTransaction| -> Result<(), DbErr> {
            drift::apply(tx, None).await?;
            tx.execute_unprepared("CREATE TABLE half (id nonsense nonsense nonsense, )").await?;
            Ok(())
        };
        assert!(drift::expected(&connection, apply).await.is_err());
        let whole = expected(&connection, &[]).await;
        assert_eq!(lines(&differences(&whole, &connection).await), [""; 0]);
    }

    async fn making_the_expected_schema_waits_for_no_lock_and_leaves_nothing(db) {
        let connection = connect(&db).await;
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let holder = connect(&db).await;
        let held = holder.begin().await.unwrap();
        let tables = read(&connection, None).await.unwrap();
        for table in tables.of_kind(migration::catalogue::Kind::Table) {
            let sql = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table.key.name);
            held.execute_unprepared(&sql).await.unwrap();
        }

        run(&connection, "SET lock_timeout = '1s'").await;
        let apply = async |tx: &DatabaseTransaction| -> Result<(), DbErr> {
            drift::apply(tx, None).await?;
            let sql = "SELECT count(*) AS held FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                WHERE l.pid = pg_backend_pid() AND c.relnamespace = 'public'::regnamespace";
            let question = Statement::from_string(DbBackend::Postgres, sql);
            let row = tx.query_one_raw(question).await?.unwrap();
            assert_eq!(row.try_get::<i64>("", "held").unwrap(), 0);
            Ok(())
        };
        let made = drift::expected(&connection, apply).await.unwrap();
        held.rollback().await.unwrap();

        assert_eq!(lines(&differences(&made, &connection).await), [""; 0]);
        let sql = "SELECT count(*) AS schemas FROM pg_namespace WHERE nspname LIKE 'tallystick%'";
        let question = Statement::from_string(DbBackend::Postgres, sql);
        let row = connection.query_one_raw(question).await.unwrap().unwrap();
        assert_eq!(row.try_get::<i64>("", "schemas").unwrap(), 0);
    }
}
