//! What is recorded, and what of it stops the next step.

use migration::{
    Action::{self, Down, Stamp, Unstamp, Up},
    Error, Options, State, Target,
};

use crate::made::{Made, ask, schema, tell, with};

const ONE: Made = Made::new(
    "m20990101_000001_one",
    &["CREATE TABLE one (id bigint PRIMARY KEY)"],
    &["DROP TABLE one"],
);
const TWO: Made = Made::new(
    "m20990102_000001_two",
    &["CREATE TABLE two (id bigint PRIMARY KEY)"],
    &["DROP TABLE two"],
);
const THREE: Made = Made::new(
    "m20990103_000001_contract_one",
    &["DROP TABLE one"],
    &["CREATE TABLE one (id bigint PRIMARY KEY)"],
);

const EDITED: Made = Made {
    up: &["CREATE TABLE one (id bigint PRIMARY KEY, more text)"],
    ..ONE
};

fn willing() -> Options {
    Options {
        may_contract: true,
        ..Options::default()
    }
}

testkit::on_both_engines! {
    async fn an_edited_migration_stops_up_with_its_name(db) {
        let first = schema(&db, &[ONE], Options::default()).await;
        first.up(&Target::All).await.unwrap();
        let edited = with(&db, &[EDITED, TWO], Options::default()).await;

        let error = edited.up(&Target::All).await.unwrap_err();
        assert!(matches!(&error, Error::Edited { version } if version == ONE.name), "{error}");
        assert_eq!(edited.versions().await.unwrap().0[0].state, State::Edited);

        let stamped = edited.stamp(ONE.name).await.unwrap();
        assert_eq!(stamped.applied, [ONE.name]);
        assert_eq!(edited.up(&Target::All).await.unwrap().len(), 1);
    }

    async fn a_missing_migration_stops_up_with_its_name(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::All).await.unwrap();
        let later = Made { name: "m20990104_000001_later", ..THREE };
        let without = with(&db, &[TWO, later], Options::default()).await;
        let error = without.up(&Target::All).await.unwrap_err();
        assert!(matches!(&error, Error::Missing { version } if version == ONE.name), "{error}");
    }

    async fn an_older_program_lives_with_what_expands_only(db) {
        let newer = schema(&db, &[ONE, TWO, THREE], willing()).await;
        newer.up(&Target::Steps(2)).await.unwrap();
        let older = with(&db, &[ONE], Options::default()).await;
        older.versions().await.unwrap().require_usable().unwrap();
        assert!(matches!(older.up(&Target::All).await, Err(Error::Newer { .. })));
        assert!(matches!(older.down(&Target::Steps(1)).await, Err(Error::Newer { .. })));

        newer.up(&Target::All).await.unwrap();
        let error = older.versions().await.unwrap().require_usable().unwrap_err();
        assert!(matches!(&error, Error::Newer { version } if version == THREE.name), "{error}");
    }

    async fn what_contracts_waits_for_a_word_on_a_database_in_use(db) {
        let in_use = schema(&db, &[ONE], Options::default()).await;
        in_use.up(&Target::All).await.unwrap();
        let careful = with(&db, &[ONE, TWO, THREE], Options::default()).await;

        let error = careful.up(&Target::All).await.unwrap_err();
        assert!(matches!(&error, Error::Contracting { version } if version == THREE.name), "{error}");
        assert_eq!(careful.versions().await.unwrap().current(), Some(ONE.name));
        assert_eq!(careful.up(&Target::Version("two".into())).await.unwrap().len(), 1);

        let told = with(&db, &[ONE, TWO, THREE], willing()).await;
        assert_eq!(told.up(&Target::All).await.unwrap().len(), 1);
        told.reset().await.unwrap();
        assert_eq!(careful.up(&Target::All).await.unwrap().len(), 3, "a new database has no older program");
    }

    async fn a_migration_that_comes_too_late_is_refused(db) {
        let second = schema(&db, &[TWO], Options::default()).await;
        second.up(&Target::All).await.unwrap();
        let both = with(&db, &[ONE, TWO], Options::default()).await;
        let error = both.up(&Target::All).await.unwrap_err();
        assert!(matches!(&error, Error::OutOfOrder { version, .. } if version == ONE.name), "{error}");
    }

    async fn what_cannot_be_taken_back_says_why_before_anything_is(db) {
        const GONE: Made = Made { down: None, ..ONE };
        let schema = schema(&db, &[GONE, TWO], Options::default()).await;
        schema.up(&Target::All).await.unwrap();
        let error = schema.down(&Target::All).await.unwrap_err();
        assert!(error.to_string().contains("what it dropped is gone"), "{error}");
        assert_eq!(schema.versions().await.unwrap().current(), Some(TWO.name));
        assert_eq!(schema.down(&Target::Version("one".into())).await.unwrap().len(), 1);
        assert!(schema.redo().await.is_err());
    }

    async fn a_step_that_fails_leaves_nothing_of_itself(db) {
        const BROKEN: Made = Made::new(
            "m20990102_000001_broken",
            &["CREATE TABLE half (id bigint PRIMARY KEY)", "CREATE TABLE half (id bigint PRIMARY KEY)"],
            &[],
        );
        let schema = schema(&db, &[ONE, BROKEN], Options::default()).await;
        let error = schema.up(&Target::All).await.unwrap_err();
        assert!(matches!(&error, Error::Statement { number: 2, of: 2, version, .. } if version == BROKEN.name), "{error}");
        assert!(error.to_string().contains("half"), "{error}");
        let tables = match db.database.engine() {
            db::Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE name = 'half'",
            db::Engine::Postgres => "SELECT relname::text FROM pg_class WHERE relname = 'half'",
        };
        assert_eq!(ask(schema.connection(), tables).await, None);
        let versions = schema.versions().await.unwrap();
        assert_eq!(versions.0[1].state, State::Pending);
        assert_eq!(versions.0[1].record, None);
    }

    async fn the_record_tells_who_did_what(db) {
        let author = migration::Author { program: "test 1".into(), operator: "o'brien".into() };
        let schema = schema(&db, &[ONE, TWO], Options { author, ..Options::default() }).await;
        schema.up(&Target::All).await.unwrap();
        schema.redo().await.unwrap();
        schema.stamp("base").await.unwrap();
        schema.stamp("head").await.unwrap();
        let entries = schema.history().await.unwrap();
        let told: Vec<(Action, &str)> = entries.iter().map(|e| (e.action, e.version.as_str())).collect();
        assert_eq!(told, [
            (Up, ONE.name), (Up, TWO.name), (Down, TWO.name), (Up, TWO.name),
            (Unstamp, ONE.name), (Unstamp, TWO.name), (Stamp, ONE.name), (Stamp, TWO.name),
        ]);
        for entry in &entries {
            assert!(entry.operator.contains("o'brien") && entry.program == "test 1", "{entry:?}");
            assert!(entry.finished_at.is_some() && entry.duration_ms.unwrap() >= 0, "{entry:?}");
            assert_eq!(entry.checksum.len(), 64);
        }
    }

    async fn records_begin_with_what_is_there(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::Steps(1)).await.unwrap();
        tell(both.connection(), "DROP TABLE tallystick_history").await;
        assert_eq!(both.up(&Target::All).await.unwrap().len(), 1);
        let entries = both.history().await.unwrap();
        assert_eq!((entries[0].action, entries[1].action), (Action::Adopt, Up));
    }

    async fn a_version_that_another_tool_wrote_is_looked_at_first(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::Steps(1)).await.unwrap();
        let insert = format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{}', 0)", TWO.name);
        tell(both.connection(), &insert).await;
        let error = both.up(&Target::All).await.unwrap_err();
        assert!(matches!(&error, Error::Unrecorded { version } if version == TWO.name), "{error}");
    }

    async fn a_migration_that_asks_the_database_is_refused(db) {
        use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};
        struct Asks;
        impl MigrationName for Asks {
            fn name(&self) -> &'static str { "m20990101_000001_asks" }
        }
        #[async_trait::async_trait]
        impl MigrationTrait for Asks {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                manager.has_table("users").await.map(drop)
            }
        }
        let asks: Vec<Box<dyn MigrationTrait>> = vec![Box::new(Asks)];
        let error = migration::Schema::with(&db.database, &asks, Options::default()).await.unwrap_err();
        assert!(error.to_string().contains("asks the database"), "{error}");
    }
}
