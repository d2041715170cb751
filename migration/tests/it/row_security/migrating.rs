//! Row security binds the owner of the tables as well, and so a migration.

use db::{Database, Settings};
use migration::{Error, Migrator, Options, Schema, Target};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

use super::roles::cluster;
use crate::made::Made;

const UPDATE: Made = Made::new(
    "m20990101_000001_update",
    &["UPDATE portfolios SET name = 'changed'"],
    &[],
);
const FOREIGN_KEY: Made = Made::new(
    "m20990101_000001_key",
    &[
        "ALTER TABLE imports ADD CONSTRAINT imports_key FOREIGN KEY (user_id, id)
        REFERENCES portfolios (user_id, id)",
    ],
    &[],
);
const USER_BY_USER: Made = Made::new(
    "m20990101_000001_user_by_user",
    &["DO $$ DECLARE one uuid; BEGIN
        SET LOCAL row_security = on;
        FOR one IN SELECT id FROM users LOOP
            EXECUTE format('SET LOCAL app.user_id = %L', one);
            UPDATE portfolios SET name = 'changed';
        END LOOP;
    END $$"],
    &[],
);

async fn with(database: &Database, made: Made) -> Schema {
    let mut migrations: Vec<Box<dyn MigrationTrait>> = Migrator::migrations();
    migrations.push(Box::new(made));
    Schema::with(database, &migrations, Options::default())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_would_hide_from_a_migration_is_an_error() {
    let Some(cluster) = cluster(&["books"]) else {
        return;
    };
    let own = "CREATE ROLE bookkeeper LOGIN CREATEROLE; ALTER DATABASE books OWNER TO bookkeeper";
    cluster.psql("postgres", own).unwrap();
    let url = cluster.url("books").replace("tallystick@", "bookkeeper@");
    let database = Database::connect(&Settings::new(url)).await.unwrap();
    migration::up(&database).await.unwrap();
    let rows = "INSERT INTO users VALUES
            ('00000000-0000-0000-0000-00000000000a', 'a@example.org', 'A', 'user', true, now(), now());
        INSERT INTO portfolios VALUES ('00000000-0000-0000-0000-00000000000a',
            '00000000-0000-0000-0000-00000000000b', 'P', 'USD', NULL, 'fifo', true, 1, now(), now());
        INSERT INTO imports VALUES ('00000000-0000-0000-0000-00000000000a',
            '00000000-0000-0000-0000-00000000000c', NULL, 'x', 'x', 'committed', '{}', '[]', now())";
    cluster.psql("books", rows).unwrap();

    for made in [UPDATE, FOREIGN_KEY] {
        let schema = with(&database, made).await;
        let error = schema.up(&Target::Head).await.unwrap_err();
        assert!(matches!(error, Error::Statement { .. }), "{error}");
        assert!(error.to_string().contains("row-level security"), "{error}");
    }
    let schema = with(&database, USER_BY_USER).await;
    schema.up(&Target::Head).await.unwrap();
    let name = cluster
        .psql("books", "SELECT name FROM portfolios")
        .unwrap();
    assert_eq!(name, "changed");
}
