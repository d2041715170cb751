//! Roles belong to a whole cluster: each of these tests has one of its own.

use std::time::Duration;

use db::{ConnectionTrait, Database, Settings};
use futures_util::future::join_all;
use testservers::{Cluster, Durability};

use super::{refusal, texts};
use migration::{Options, Schema, Target};

pub fn cluster(databases: &[&str]) -> Option<Cluster> {
    if testservers::find_postgres().is_none() {
        println!("skipped: there is no PostgreSQL to start");
        return None;
    }
    let cluster = Cluster::start(Durability::Throwaway).unwrap();
    for name in databases {
        cluster.create_database(name).unwrap();
    }
    Some(cluster)
}

const COUNT_TABLES: &str =
    "SELECT count(*)::text FROM pg_class WHERE relnamespace = 'public'::regnamespace";

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_may_not_make_roles_is_told_what_an_administrator_runs() {
    let Some(cluster) = cluster(&["books"]) else {
        return;
    };
    let own = "CREATE ROLE bookkeeper LOGIN; CREATE ROLE tallystick_readonly;
        ALTER DATABASE books OWNER TO bookkeeper";
    cluster.psql("postgres", own).unwrap();
    let url = cluster.url("books").replace("tallystick@", "bookkeeper@");
    let database = Database::connect(&Settings::new(url)).await.unwrap();

    let error = migration::up(&database).await.unwrap_err().to_string();
    assert!(
        error.contains("lacks the roles tallystick_app, tallystick_admin, and bookkeeper may not"),
        "{error}"
    );
    let (_, advice) = error.split_once("migrate again: ").unwrap();
    let (advice, _) = advice.rsplit_once(';').unwrap();
    assert!(!advice.contains("tallystick_readonly"), "{advice}");
    // Where the whole is one transaction, nothing is left; else what came before the roles.
    let roles = "SELECT count(*)::text FROM pg_roles WHERE rolname LIKE 'tallystick\\_%'";
    assert_eq!(texts(&database, roles).await, ["1"]);

    cluster.psql("postgres", advice).unwrap();
    migration::up(&database).await.unwrap();
    migration::require_current(&database).await.unwrap();

    // The policies bind the owner of the tables as well.
    let user = "00000000-0000-0000-0000-00000000000a";
    let rows = format!(
        "INSERT INTO users VALUES ('{user}', 'a@example.org', 'A', 'user', true, now(), now())"
    );
    database.execute_unprepared(&rows).await.unwrap();
    let row = format!(
        "INSERT INTO portfolios VALUES
            ('{user}', '{user}', 'P', 'USD', NULL, 'fifo', true, 1, now(), now())"
    );
    let said = refusal(&database, &row).await;
    assert!(said.contains("row-level security"), "{said}");
    let own = database.for_tenant(user.parse().unwrap());
    own.execute_unprepared(&row).await.unwrap();
    let count = "SELECT count(*)::text FROM portfolios";
    assert_eq!(texts(&database, count).await, ["0"]);
    assert_eq!(texts(&own, count).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_one_cluster_migrate_at_once() {
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let Some(cluster) = cluster(&NAMES) else {
        return;
    };
    let migrations = NAMES.map(|name| {
        let settings = Settings {
            pool_min_size: 0,
            acquire_timeout: Duration::from_mins(1),
            ..Settings::new(cluster.url(name))
        };
        async move {
            let database = Database::connect(&settings).await.unwrap();
            migration::up(&database).await.unwrap();
            database
        }
    });
    for database in join_all(migrations).await {
        assert_ne!(texts(&database, COUNT_TABLES).await, ["0"]);
        let schema = Schema::of(&database, Options::default()).await.unwrap();
        schema
            .down(&Target::Version("idempotency".into()))
            .await
            .unwrap();
        schema.close().await.unwrap();
        let schema = Schema::of(
            &database,
            Options {
                may_contract: true,
                ..Options::default()
            },
        );
        schema.await.unwrap().up(&Target::Head).await.unwrap();
    }
}
