//! Up, down, up again; several at once; and the two ways in which a database may not fit.

#![allow(clippy::unwrap_used, clippy::panic)]

mod drift;

use db::{ConnectionTrait, Database, Engine};
use migration::{Error, State, down, require_current, up, versions};

/// The schema as the engine tells it, comments and whitespace aside.
async fn schema(database: &Database) -> Vec<String> {
    let (backend, sql) = match database.engine() {
        Engine::Sqlite => (
            sea_orm_migration::sea_orm::DbBackend::Sqlite,
            "SELECT coalesce(sql, name) AS line FROM sqlite_schema ORDER BY name",
        ),
        Engine::Postgres => (
            sea_orm_migration::sea_orm::DbBackend::Postgres,
            "SELECT table_name || '.' || column_name || ' ' || data_type || is_nullable AS line
             FROM information_schema.columns WHERE table_schema = 'public'
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
             UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid)
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace
             UNION ALL SELECT tgname || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
             UNION ALL SELECT proname || prosrc FROM pg_proc
             WHERE pronamespace = 'public'::regnamespace
             ORDER BY line",
        ),
    };
    let statement = sea_orm_migration::sea_orm::Statement::from_string(backend, sql);
    let rows = database.reader().query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "line").unwrap())
        .collect()
}

testkit::on_both_engines! {
    async fn down_and_up_again_makes_the_same_schema(db) {
        let before = schema(&db.database).await;
        let count = versions(&db.database).await.unwrap().len();

        let undone = down(&db.database, u32::try_from(count).unwrap()).await.unwrap();
        assert_eq!(undone.len(), count);
        assert!(matches!(require_current(&db.database).await, Err(Error::Pending { .. })));
        assert!(matches!(down(&db.database, 1).await, Err(Error::NothingApplied)));

        let applied = up(&db.database).await.unwrap();
        assert_eq!(applied.len(), count);
        require_current(&db.database).await.unwrap();
        assert_eq!(schema(&db.database).await, before);
    }

    async fn eight_that_start_at_once_apply_each_migration_once(db) {
        let count = versions(&db.database).await.unwrap().len();
        down(&db.database, u32::try_from(count).unwrap()).await.unwrap();

        let starts: Vec<_> = (0..8)
            .map(|_| {
                let url = db.url.clone();
                tokio::spawn(async move {
                    let settings = db::Settings {
                        acquire_timeout: std::time::Duration::from_mins(1),
                        busy_timeout: std::time::Duration::from_mins(1),
                        ..db::Settings::new(url)
                    };
                    let database = Database::connect(&settings).await.unwrap();
                    up(&database).await.unwrap().len()
                })
            })
            .collect();
        let mut applied = 0;
        for start in starts {
            applied += start.await.unwrap();
        }

        assert_eq!(applied, count);
    }

    async fn a_newer_database_is_refused_by_name(db) {
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_new', 0)";
        db.database
            .write(async |tx| -> Result<_, db::Error> {
                tx.execute_unprepared(newer).await?;
                Ok(())
            })
            .await
            .unwrap();

        let error = require_current(&db.database).await.unwrap_err().to_string();
        assert!(error.contains("m29990101_new") && error.contains("newer"), "{error}");
        assert!(matches!(up(&db.database).await, Err(Error::Newer { .. })));
        let listed = versions(&db.database).await.unwrap();
        assert_eq!(listed.last().unwrap().state, State::Unknown);
    }

    async fn every_foreign_key_has_an_index(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let sql = "SELECT c.conrelid::regclass || ' ' || pg_get_constraintdef(c.oid) AS line
            FROM pg_constraint c
            WHERE c.contype = 'f' AND NOT EXISTS (
                SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid
                AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)";
        let statement = sea_orm_migration::sea_orm::Statement::from_string(
            sea_orm_migration::sea_orm::DbBackend::Postgres,
            sql,
        );
        let rows = db.database.reader().query_all_raw(statement).await.unwrap();
        let missing: Vec<String> =
            rows.iter().map(|row| row.try_get("", "line").unwrap()).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
