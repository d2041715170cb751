//! Migrations that must run outside of a transaction (PostgreSQL).

use db::Engine;
use migration::{Error, Options, State, Target};

use crate::made::{Made, ask, schema, tell};

const TABLE: Made = Made::new(
    "m20990101_000001_table",
    &[
        "CREATE TABLE pairs (a bigint PRIMARY KEY, b bigint NOT NULL)",
        "INSERT INTO pairs VALUES (1, 7), (2, 7)",
    ],
    &["DROP TABLE pairs"],
);
const INDEX: Made = Made {
    in_transaction: false,
    ..Made::new(
        "m20990102_000001_index",
        &["CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS pairs_b_key ON pairs (b)"],
        &["DROP INDEX CONCURRENTLY IF EXISTS pairs_b_key"],
    )
};
const VALIDITY: &str = "SELECT CASE WHEN indisvalid THEN 'valid' ELSE 'invalid' END FROM pg_index
    WHERE indexrelid = to_regclass('pairs_b_key')";

testkit::on_both_engines! {
    async fn a_broken_index_is_dropped_and_built_again(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let schema = schema(&db, &[TABLE, INDEX], Options::default()).await;
        let error = schema.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::StatementOutside { number: 1, .. }), "{error}");
        assert_eq!(ask(schema.connection(), VALIDITY).await.as_deref(), Some("invalid"));
        let versions = schema.versions().await.unwrap();
        assert_eq!(versions.0[1].state, State::Dirty);
        assert!(matches!(versions.require_usable(), Err(Error::Dirty { .. })));

        tell(schema.connection(), "UPDATE pairs SET b = 8 WHERE a = 2").await;
        assert_eq!(schema.up(&Target::Head).await.unwrap().len(), 1);
        assert_eq!(ask(schema.connection(), VALIDITY).await.as_deref(), Some("valid"));
        schema.versions().await.unwrap().require_usable().unwrap();

        schema.down(&Target::Steps(1)).await.unwrap();
        assert_eq!(ask(schema.connection(), VALIDITY).await, None);
        assert_eq!(schema.versions().await.unwrap().0[1].state, State::Pending);
    }

    async fn what_broke_off_can_be_taken_back_as_well(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let schema = schema(&db, &[TABLE, INDEX], Options::default()).await;
        schema.up(&Target::Head).await.unwrap_err();
        schema.down(&Target::Steps(1)).await.unwrap();
        assert_eq!(ask(schema.connection(), VALIDITY).await, None);
        let versions = schema.versions().await.unwrap();
        assert_eq!((versions.0[0].state, versions.0[1].state), (State::Applied, State::Pending));
    }
}
