use super::{assert_refused, connection};
use crate::settings::{
    Settings,
    tests::{sources, write},
};

const SERVER: (&str, &str) = ("DATABASE_URL", "postgres://tally@localhost/books");

#[test]
fn each_wrong_value_is_refused_under_its_name() {
    for (variable, value, expected) in [
        ("DB_POOL_MIN_SIZE", "-1", "expected a number from 0 to 1000"),
        ("DB_POOL_MAX_SIZE", "0", "expected a number from 1 to 1000"),
        (
            "DB_POOL_MAX_SIZE",
            "1001",
            "expected a number from 1 to 1000",
        ),
        ("DB_MAX_OVERFLOW", "ten", "expected a number from 0 to 1000"),
        (
            "DB_BACKGROUND_POOL_MAX_SIZE",
            "0",
            "expected a number from 1 to 1000",
        ),
        ("DB_MAX_WAITING", "0", "expected a number from 1 to 1000000"),
        (
            "DB_COMMAND_TIMEOUT",
            "0",
            "expected seconds from 0.001 to 3600",
        ),
        (
            "DB_COMMAND_TIMEOUT",
            "3601",
            "expected seconds from 0.001 to 3600",
        ),
        ("DB_COMMAND_TIMEOUT", "1.0005", "expected seconds from"),
        ("DB_COMMAND_TIMEOUT", "1m", "expected seconds from"),
        ("DB_COMMAND_TIMEOUT", "1.", "expected seconds from"),
        ("DB_COMMAND_TIMEOUT", ".5", "expected seconds from"),
        ("DB_COMMAND_TIMEOUT", "1e3", "expected seconds from"),
        ("DB_ACQUIRE_TIMEOUT", "-2", "expected seconds from"),
        (
            "DB_ACQUIRE_TIMEOUT",
            "99999999999999999999",
            "expected seconds from",
        ),
        (
            "DB_BACKGROUND_ACQUIRE_TIMEOUT",
            "s",
            "expected seconds from",
        ),
        (
            "DB_MAX_INACTIVE_CONNECTION_LIFETIME",
            "0.5",
            "expected seconds from 1 to 86400",
        ),
        (
            "DB_POOL_RECYCLE",
            "604801",
            "expected seconds from 1 to 604800",
        ),
        (
            "DB_SLOW_QUERY_MS",
            "0.5",
            "expected milliseconds from 1 to 3600000",
        ),
        (
            "TALLYSTICK__DATABASE__PING_AFTER_IDLE_MS",
            "-1",
            "expected milliseconds from 0 to",
        ),
        (
            "TALLYSTICK__DATABASE__REPLICA_MAX_LAG_MS",
            "0",
            "expected milliseconds from 1 to",
        ),
        (
            "TALLYSTICK__DATABASE__SYNCHRONOUS",
            "off",
            "expected full or normal",
        ),
        (
            "TALLYSTICK__DATABASE__BEHIND_PGBOUNCER",
            "yes",
            "expected true or false",
        ),
    ] {
        assert_refused(
            &[(variable, value)],
            &[variable, &format!("is `{value}`"), expected],
        );
    }
}

#[test]
fn the_least_size_of_the_pool_cannot_be_over_the_largest() {
    assert_refused(
        &[("DB_POOL_MIN_SIZE", "6"), ("DB_POOL_MAX_SIZE", "5")],
        &[
            "DB_POOL_MIN_SIZE) is 6, more than database.pool_max_size (from the variable DB_POOL_MAX_SIZE), which is 5",
        ],
    );
    assert_refused(
        &[("DB_POOL_MAX_SIZE", "4")],
        &["pool_min_size (in the built-in"],
    );
    connection(&[("DB_POOL_MIN_SIZE", "4"), ("DB_POOL_MAX_SIZE", "4")]);
}

#[test]
fn what_is_for_postgresql_is_refused_on_sqlite() {
    for variable in [
        ("DB_REPLICA_URLS", "postgres://h/d"),
        ("DB_DIRECT_URL", "postgres://h/d"),
        ("DATABASE_OWNER_URL", "postgres://h/d"),
        ("TALLYSTICK__DATABASE__BEHIND_PGBOUNCER", "true"),
    ] {
        assert_refused(
            &[variable],
            &["is for PostgreSQL, but database.url is sqlite://data"],
        );
    }
}

#[test]
fn a_wrong_replica_or_direct_url_is_named_without_its_text() {
    for (variable, value, part) in [
        (
            "DB_REPLICA_URLS",
            "postgres://h/d postgres://h/hunter2/d",
            "replica 2: the database's name",
        ),
        (
            "DB_REPLICA_URLS",
            "postgres://h/d,postgres://h/hunter2",
            "by white space",
        ),
        (
            "DB_REPLICA_URLS",
            "sqlite://hunter2",
            "replica 1: it must be the address of a PostgreSQL",
        ),
        (
            "DB_DIRECT_URL",
            "sqlite://hunter2",
            "it must be the address of a PostgreSQL",
        ),
        ("DB_DIRECT_URL", "hunter2", "must begin with"),
        ("DATABASE_OWNER_URL", "hunter2", "must begin with"),
    ] {
        assert_refused(&[SERVER, (variable, value)], &[part, variable]);
        let error = crate::settings::tests::read(&[SERVER, (variable, value)]).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn old_names_and_lists_in_the_wrong_place_are_refused() {
    assert_refused(
        &[("TALLYSTICK__DATABASE__MAX_CONNECTIONS", "8")],
        &[
            "database.max_connections is not a setting",
            "pool_max_size",
            "replicas",
            "host",
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "development.toml",
        "[database]\nslow_query_ms = [1]",
    );
    let error = Settings::read(&sources(folder.path(), &[]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("slow_query_ms cannot be used"), "{error}");
    assert!(error.contains("one value, not a list"), "{error}");
}
