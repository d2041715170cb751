//! What is recorded, and what of it stops the next step.

use migration::{
    Action::{self, Down, Unstamp, Up},
    Error, Options, Stamp, State, Target,
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
        first.up(&Target::Head).await.unwrap();
        let edited = with(&db, &[EDITED, TWO], Options::default()).await;

        let error = edited.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::Edited { version } if version == ONE.name), "{error}");
        assert_eq!(edited.versions().await.unwrap().0[0].state, State::Edited);

        let stamped = edited.stamp(ONE.name, Stamp::Only).await.unwrap();
        assert_eq!(stamped.applied, [ONE.name]);
        assert_eq!(edited.up(&Target::Head).await.unwrap().len(), 1);
    }

    async fn a_missing_migration_stops_up_with_its_name(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::Head).await.unwrap();
        let later = Made { name: "m20990104_000001_later", ..THREE };
        let without = with(&db, &[TWO, later], Options::default()).await;
        let error = without.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::Missing { version } if version == ONE.name), "{error}");
    }

    async fn an_older_program_lives_with_what_expands_only(db) {
        let newer = schema(&db, &[ONE, TWO, THREE], willing()).await;
        newer.up(&Target::Steps(2)).await.unwrap();
        let older = with(&db, &[ONE], Options::default()).await;
        older.versions().await.unwrap().require_usable().unwrap();
        assert!(matches!(older.up(&Target::Head).await, Err(Error::Newer { .. })));
        assert!(matches!(older.down(&Target::Steps(1)).await, Err(Error::Newer { .. })));

        newer.up(&Target::Head).await.unwrap();
        let error = older.versions().await.unwrap().require_usable().unwrap_err();
        assert!(matches!(&error, Error::Newer { version } if version == THREE.name), "{error}");
    }

    async fn what_contracts_waits_for_a_word_on_a_database_in_use(db) {
        let in_use = schema(&db, &[ONE], Options::default()).await;
        in_use.up(&Target::Head).await.unwrap();
        let careful = with(&db, &[ONE, TWO, THREE], Options::default()).await;

        let error = careful.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::Contracting { version } if version == THREE.name), "{error}");
        assert_eq!(careful.versions().await.unwrap().current(), Some(ONE.name));
        assert_eq!(careful.up(&Target::Version("two".into())).await.unwrap().len(), 1);

        let told = with(&db, &[ONE, TWO, THREE], willing()).await;
        assert_eq!(told.up(&Target::Head).await.unwrap().len(), 1);
        told.reset().await.unwrap();
        assert_eq!(careful.up(&Target::Head).await.unwrap().len(), 3, "a new database has no older program");
    }

    async fn a_migration_that_comes_too_late_is_refused(db) {
        let second = schema(&db, &[TWO], Options::default()).await;
        second.up(&Target::Head).await.unwrap();
        let both = with(&db, &[ONE, TWO], Options::default()).await;
        let error = both.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::OutOfOrder { version, .. } if version == ONE.name), "{error}");
    }

    async fn what_cannot_be_taken_back_says_why_before_anything_is(db) {
        const GONE: Made = Made { down: None, ..ONE };
        let schema = schema(&db, &[GONE, TWO], Options::default()).await;
        schema.up(&Target::Head).await.unwrap();
        let error = schema.down(&Target::Base).await.unwrap_err();
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
        let error = schema.up(&Target::Head).await.unwrap_err();
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
        schema.up(&Target::Head).await.unwrap();
        schema.redo().await.unwrap();
        schema.stamp("base", Stamp::Exactly).await.unwrap();
        schema.stamp("head", Stamp::UpTo).await.unwrap();
        let entries = schema.history().await.unwrap();
        let told: Vec<(Action, &str)> = entries.iter().map(|e| (e.action, e.version.as_str())).collect();
        assert_eq!(told, [
            (Up, ONE.name), (Up, TWO.name), (Down, TWO.name), (Up, TWO.name),
            (Unstamp, ONE.name), (Unstamp, TWO.name), (Action::Stamp, ONE.name), (Action::Stamp, TWO.name),
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
        assert_eq!(both.up(&Target::Head).await.unwrap().len(), 1);
        let entries = both.history().await.unwrap();
        assert_eq!((entries[0].action, entries[1].action), (Action::Adopt, Up));
    }

    async fn a_version_that_another_tool_wrote_is_looked_at_first(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::Steps(1)).await.unwrap();
        let insert = format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{}', 0)", TWO.name);
        tell(both.connection(), &insert).await;
        let error = both.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::Unrecorded { version } if version == TWO.name), "{error}");
    }

    async fn a_stamp_touches_later_versions_only_when_told(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::Head).await.unwrap();
        let error = both.stamp(ONE.name, Stamp::UpTo).await.unwrap_err();
        assert!(matches!(&error, Error::LaterApplied { later, .. } if later == TWO.name), "{error}");
        let only = both.stamp(ONE.name, Stamp::Only).await.unwrap();
        assert!(only.applied.is_empty() && only.not_applied.is_empty());
        let exactly = both.stamp(ONE.name, Stamp::Exactly).await.unwrap();
        assert_eq!(exactly.not_applied, [TWO.name]);
    }

    async fn a_version_that_one_table_lost_is_told_as_such(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::Head).await.unwrap();
        let delete = format!("DELETE FROM seaql_migrations WHERE version = '{}'", ONE.name);
        tell(both.connection(), &delete).await;
        let error = both.up(&Target::Head).await.unwrap_err();
        assert!(matches!(&error, Error::Lost { version } if version == ONE.name), "{error}");
        both.stamp(ONE.name, Stamp::Only).await.unwrap();
        assert!(both.up(&Target::Head).await.unwrap().is_empty());
    }

    async fn no_more_is_taken_back_than_was_meant(db) {
        let both = schema(&db, &[ONE, TWO], Options::default()).await;
        both.up(&Target::Head).await.unwrap();
        assert!(matches!(both.down(&Target::from("2026")).await, Err(Error::TooMany { held: 2, .. })));
        assert!(both.down(&Target::from("head")).await.unwrap().is_empty());
        assert!(both.up(&Target::from("base")).await.unwrap().is_empty());
        assert_eq!(both.down(&Target::from("base")).await.unwrap().len(), 2);
    }

    async fn redo_brings_back_what_contracts(db) {
        let all = schema(&db, &[ONE, TWO, THREE], willing()).await;
        all.up(&Target::Head).await.unwrap();
        let careful = with(&db, &[ONE, TWO, THREE], Options::default()).await;
        assert_eq!(careful.redo().await.unwrap()[0].version, THREE.name);
        assert_eq!(careful.versions().await.unwrap().current(), Some(THREE.name));
    }

    async fn what_a_newer_program_left_unfinished_is_seen(db) {
        let one = schema(&db, &[ONE], Options::default()).await;
        one.up(&Target::Head).await.unwrap();
        tell(one.connection(), "INSERT INTO tallystick_history
            (seq, version, action, checksum, program, operator, started_at)
            SELECT 99, 'm20990109_000001_contract_x', 'up', '', 'newer', '', started_at
            FROM tallystick_history").await;
        let versions = one.versions().await.unwrap();
        assert!(matches!(versions.require_usable(), Err(Error::Newer { .. })));
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
