use std::time::Duration;

use db::Synchronous;

use super::connection;
use crate::settings::{
    Settings,
    tests::{sources, write},
};

const SERVER: (&str, &str) = ("DATABASE_URL", "postgres://tally@localhost/books");

#[test]
fn the_defaults_are_those_of_the_database_crate() {
    let (found, expected) = (
        connection(&[]),
        db::Settings::new("sqlite://data/tallystick.db"),
    );
    assert_eq!(found.url, expected.url);
    assert_eq!(found.direct_url, expected.direct_url);
    assert_eq!(found.owner_url, expected.owner_url);
    assert_eq!(found.behind_pgbouncer, expected.behind_pgbouncer);
    assert_eq!(found.replica_urls, expected.replica_urls);
    assert_eq!(found.replica_max_lag, expected.replica_max_lag);
    assert_eq!(found.require_verified_tls, expected.require_verified_tls);
    assert_eq!(found.pool_min_size, 5);
    assert_eq!(found.pool_max_size, 20);
    assert_eq!(found.max_overflow, 10);
    assert_eq!(
        found.background_pool_max_size,
        expected.background_pool_max_size
    );
    assert_eq!(found.max_waiting, expected.max_waiting);
    assert_eq!(found.acquire_timeout, Duration::from_secs(2));
    assert_eq!(found.background_acquire_timeout, Duration::from_secs(30));
    assert_eq!(found.command_timeout, Duration::from_mins(1));
    assert_eq!(found.background_command_timeout, Duration::from_mins(10));
    assert_eq!(
        found.max_inactive_connection_lifetime,
        Duration::from_mins(5)
    );
    assert_eq!(found.pool_recycle, Duration::from_hours(1));
    assert_eq!(found.ping_after_idle, expected.ping_after_idle);
    assert_eq!(found.slow_query, Duration::from_millis(100));
    assert_eq!(found.busy_timeout, expected.busy_timeout);
    assert_eq!(found.synchronous, Synchronous::Full);
}

#[test]
fn each_short_variable_is_read() {
    let found = connection(&[
        SERVER,
        ("DB_POOL_MIN_SIZE", "0"),
        ("DB_POOL_MAX_SIZE", "7"),
        ("DB_MAX_OVERFLOW", "0"),
        ("DB_BACKGROUND_POOL_MAX_SIZE", "8"),
        ("DB_MAX_WAITING", "9"),
        ("DB_COMMAND_TIMEOUT", "1.5"),
        ("DB_BACKGROUND_COMMAND_TIMEOUT", "15"),
        ("DB_ACQUIRE_TIMEOUT", "0.25"),
        ("DB_BACKGROUND_ACQUIRE_TIMEOUT", "45s"),
        ("DB_MAX_INACTIVE_CONNECTION_LIFETIME", "11"),
        ("DB_POOL_RECYCLE", "12"),
        ("DB_SLOW_QUERY_MS", "13"),
        ("DB_DIRECT_URL", "postgres://tally@localhost:6/books"),
        ("DATABASE_OWNER_URL", "postgres://owner@localhost:6/books"),
        (
            "DB_REPLICA_URLS",
            "postgres://h1,h2/books\n postgres://h3/books",
        ),
    ]);
    assert_eq!(found.pool_min_size, 0);
    assert_eq!(found.pool_max_size, 7);
    assert_eq!(found.max_overflow, 0);
    assert_eq!(found.background_pool_max_size, 8);
    assert_eq!(found.max_waiting, 9);
    assert_eq!(found.command_timeout, Duration::from_millis(1500));
    assert_eq!(found.background_command_timeout, Duration::from_secs(15));
    assert_eq!(found.acquire_timeout, Duration::from_millis(250));
    assert_eq!(found.background_acquire_timeout, Duration::from_secs(45));
    assert_eq!(
        found.max_inactive_connection_lifetime,
        Duration::from_secs(11)
    );
    assert_eq!(found.pool_recycle, Duration::from_secs(12));
    assert_eq!(found.slow_query, Duration::from_millis(13));
    assert_eq!(
        found.direct_url.as_deref(),
        Some("postgres://tally@localhost:6/books")
    );
    assert_eq!(
        found.owner_url.as_deref(),
        Some("postgres://owner@localhost:6/books")
    );
    assert_eq!(
        found.replica_urls,
        ["postgres://h1,h2/books", "postgres://h3/books"]
    );
}

#[test]
fn each_key_is_read_from_files_and_long_variables() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[database]
url = \"postgres://tally@localhost/books\"
direct_url = \"postgres://tally@localhost:6/books\"
owner_url = \"postgres://owner@localhost:6/books\"
behind_pgbouncer = true
replicas = [\"postgres://h1,h2/books\", \"postgres://h3/books\"]
replica_max_lag_ms = 1
pool_min_size = 2
pool_max_size = 3
max_overflow = 4
background_pool_max_size = 5
max_waiting = 6
acquire_timeout_ms = 7
background_acquire_timeout_ms = 8
command_timeout_ms = 9
background_command_timeout_ms = 99
max_inactive_connection_lifetime_s = 10
pool_recycle_s = 0x0b
ping_after_idle_ms = 0
slow_query_ms = 13
busy_timeout_ms = 14
synchronous = \"normal\"
migrate_on_start = true";
    write(folder.path(), "development.toml", text);
    let variables = [
        ("TALLYSTICK__DATABASE__MAX_WAITING", "66"),
        ("TALLYSTICK__DATABASE__BUSY_TIMEOUT_MS", "2s"),
    ];
    let settings = Settings::read(&sources(folder.path(), &variables)).unwrap();
    assert!(settings.database.migrate_on_start);
    let found = settings.database.connection();
    assert_eq!(
        found.direct_url.as_deref(),
        Some("postgres://tally@localhost:6/books")
    );
    assert_eq!(
        found.owner_url.as_deref(),
        Some("postgres://owner@localhost:6/books")
    );
    assert!(found.behind_pgbouncer);
    assert_eq!(
        found.replica_urls,
        ["postgres://h1,h2/books", "postgres://h3/books"]
    );
    assert_eq!(found.replica_max_lag, Duration::from_millis(1));
    assert_eq!((found.pool_min_size, found.pool_max_size), (2, 3));
    assert_eq!((found.max_overflow, found.background_pool_max_size), (4, 5));
    assert_eq!(found.max_waiting, 66);
    assert_eq!(found.acquire_timeout, Duration::from_millis(7));
    assert_eq!(found.background_acquire_timeout, Duration::from_millis(8));
    assert_eq!(found.command_timeout, Duration::from_millis(9));
    assert_eq!(found.background_command_timeout, Duration::from_millis(99));
    assert_eq!(
        found.max_inactive_connection_lifetime,
        Duration::from_secs(10)
    );
    assert_eq!(found.pool_recycle, Duration::from_secs(11));
    assert_eq!(found.ping_after_idle, Duration::ZERO);
    assert_eq!(found.slow_query, Duration::from_millis(13));
    assert_eq!(found.busy_timeout, Duration::from_secs(2));
    assert_eq!(found.synchronous, Synchronous::Normal);
}

#[test]
fn a_short_variable_stands_over_a_long_one_and_an_empty_one_does_not_count() {
    let both = [
        ("TALLYSTICK__DATABASE__POOL_MAX_SIZE", "6"),
        ("DB_POOL_MAX_SIZE", "7"),
    ];
    assert_eq!(connection(&both).pool_max_size, 7);
    assert_eq!(connection(&[("DB_POOL_MAX_SIZE", "")]).pool_max_size, 20);
}

#[test]
fn variables_of_other_programs_do_not_matter() {
    connection(&[
        ("DB_CONNECTION", "mysql"),
        ("DB_DATABASE", "shop"),
        ("DB_POOL_SIZE", "many"),
    ]);
}
