//! A migration behind a long transaction (PostgreSQL).

use std::time::Duration;

use db::Engine;
use migration::{Error, Options, Target};
use sea_orm::TransactionTrait;

use crate::made::{Made, ask, schema, tell, watched};

const TABLE: Made = Made::new(
    "m20990101_000001_table",
    &[
        "CREATE TABLE busy (id bigint PRIMARY KEY)",
        "INSERT INTO busy VALUES (1)",
    ],
    &["DROP TABLE busy"],
);
const COLUMN: Made = Made::new(
    "m20990102_000001_column",
    &[
        "CREATE TABLE before (id bigint PRIMARY KEY)",
        "ALTER TABLE busy ADD COLUMN note text",
    ],
    &["ALTER TABLE busy DROP COLUMN note", "DROP TABLE before"],
);

testkit::on_both_engines! {
    async fn a_long_reader_is_waited_for_and_named_without_holding_up_others(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let (options, seen) = watched(Options {
            lock_timeout: Duration::from_millis(50),
            patience: Duration::from_millis(300),
            ..Options::default()
        });
        let schema = schema(&db, &[TABLE, COLUMN], options).await;
        schema.up(&Target::Steps(1)).await.unwrap();
        let other = sea_orm::Database::connect(&db.owner_url).await.unwrap();
        let reader = other.begin().await.unwrap();
        assert_eq!(ask(&reader, "SELECT id::text FROM busy").await.as_deref(), Some("1"));

        let error = schema.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::LockedOut { attempts, .. } if *attempts > 1), "{error}");
        assert!(error.to_string().contains("idle in transaction"), "{error}");
        let kept = "SELECT relname::text FROM pg_class WHERE relname = 'before'";
        assert_eq!(ask(schema.connection(), kept).await, None);
        assert!(seen.lock().unwrap().iter().any(|event| event.contains("LockedOut")));
        // The service's own reads and writes go on.
        tell(&other, "INSERT INTO busy VALUES (2)").await;

        reader.commit().await.unwrap();
        assert_eq!(schema.up(&Target::Head).await.unwrap().len(), 1);
    }

    async fn it_is_tried_again_until_the_reader_has_ended(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let (options, seen) = watched(Options {
            lock_timeout: Duration::from_millis(50),
            patience: Duration::from_mins(1),
            ..Options::default()
        });
        let schema = schema(&db, &[TABLE, COLUMN], options).await;
        schema.up(&Target::Steps(1)).await.unwrap();
        let other = sea_orm::Database::connect(&db.owner_url).await.unwrap();
        let reader = other.begin().await.unwrap();
        ask(&reader, "SELECT id::text FROM busy").await;

        let until_tried = async {
            while !seen.lock().unwrap().iter().any(|event| event.contains("LockedOut")) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            reader.commit().await.unwrap();
        };
        let (applied, ()) = tokio::join!(schema.up(&Target::Head), until_tried);
        assert_eq!(applied.unwrap().len(), 1);
    }
}
