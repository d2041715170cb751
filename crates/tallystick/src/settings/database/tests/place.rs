use std::{fs, path::Path};

use super::{assert_refused, connection};
use crate::settings::{
    DatabaseUrl, Settings,
    tests::{read, sources, write},
};

const HOST: (&str, &str) = ("DB_HOST", "localhost");
const PRODUCTION: (&str, &str) = ("TALLYSTICK_ENV", "production");

fn shown(variables: &[(&str, &str)]) -> String {
    read(variables)
        .unwrap_or_else(|error| panic!("{error}"))
        .database
        .url
        .to_string()
}

/// Whether the driver would send `password`.
fn sends(url: &str, password: &str) -> bool {
    let url = DatabaseUrl::parse(url).unwrap();
    let address = url.address().postgres().unwrap().clone();
    format!("{:?}", address.options(&address.hosts()[0])).contains(&format!("Some({password:?})"))
}

fn refusal_in(folder: &Path, variables: &[(&str, &str)]) -> String {
    Settings::read(&sources(folder, variables))
        .unwrap_err()
        .to_string()
}

#[test]
fn the_parts_come_to_a_url() {
    let parts = [
        ("DB_HOST", "db.example"),
        ("DB_PORT", "5433"),
        ("DB_NAME", "the/books"),
        ("DB_USER", "tally@work"),
        ("DB_PASSWORD", "a/b?c#d@e&f=g%h i"),
        ("DB_SSLMODE", "verify-full"),
        ("DB_SSLROOTCERT", "/etc/ca.pem"),
    ];
    let expected = "postgresql://tally@work@db.example:5433/the/books?sslmode=verify-full";
    assert_eq!(shown(&parts), expected);
    let url = connection(&parts).url;
    assert!(sends(&url, "a/b?c#d@e&f=g%h i"), "{url}");
    assert!(!read(&parts).unwrap().database.migrate_on_start);

    assert_eq!(shown(&[HOST]), "postgresql://localhost:5432?sslmode=prefer");
    let several = [("DB_HOST", "h1,::1,/run/pg"), ("DB_PORT", "1,2,3")];
    assert_eq!(
        shown(&several),
        "postgresql://h1:1,[::1]:2,/run/pg/.s.PGSQL.3?sslmode=prefer"
    );
}

#[test]
fn a_password_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for (text, password) in [
        ("hunter2", "hunter2"),
        ("hunter2\n", "hunter2"),
        ("hunter2\r\n", "hunter2"),
        (" hunter 2 ", " hunter 2 "),
    ] {
        fs::write(folder.path().join("secret"), text).unwrap();
        let variables = [HOST, ("DB_PASSWORD_FILE", "secret")];
        let settings = Settings::read(&sources(folder.path(), &variables)).unwrap();
        assert!(
            sends(&settings.database.connection().url, password),
            "{text:?}"
        );
        assert!(!format!("{settings:?}").contains(password));
    }
    fs::write(folder.path().join("secret"), "\n").unwrap();
    let error = refusal_in(folder.path(), &[HOST, ("DB_PASSWORD_FILE", "secret")]);
    assert!(error.contains("holds no password"), "{error}");
    fs::write(folder.path().join("secret"), "hunter2\nhunter2").unwrap();
    let error = refusal_in(folder.path(), &[HOST, ("DB_PASSWORD_FILE", "secret")]);
    assert!(
        error.contains("password is not UTF-8 text without control"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_password_file_that_cannot_be_read_is_refused_without_its_path() {
    // Who mistakes the variable writes the password into it.
    let variables = [HOST, ("DB_PASSWORD_FILE", "hunter2")];
    assert_refused(
        &variables,
        &["DB_PASSWORD_FILE): the file cannot be read: No such file"],
    );
    assert!(!read(&variables).unwrap_err().contains("hunter2"));
}

#[test]
fn a_password_and_a_file_of_it_are_refused_together() {
    assert_refused(
        &[
            HOST,
            ("DB_PASSWORD", "hunter2"),
            ("DB_PASSWORD_FILE", "secret"),
        ],
        &[
            "both database.password (from the variable DB_PASSWORD) and",
            "remove one of them",
        ],
    );
}

#[test]
fn a_url_and_its_parts_are_refused_together() {
    let url = ("DATABASE_URL", "postgres://tally@localhost/books");
    assert_refused(
        &[url, HOST, ("DB_PORT", "5433")],
        &[
            "both database.url (from the variable DATABASE_URL) and database.host (from the \
             variable DB_HOST), database.port (from the variable DB_PORT)",
            "remove the url, or remove the rest",
        ],
    );
    assert_refused(
        &[("TALLYSTICK__DATABASE__URL", "sqlite://a.db"), HOST],
        &["remove the url"],
    );
    for part in [
        "PORT",
        "NAME",
        "USER",
        "PASSWORD",
        "PASSWORD_FILE",
        "SSLMODE",
        "SSLROOTCERT",
    ] {
        let variable = format!("DB_{part}");
        assert_refused(&[url, (&variable, "hunter2")], &[&variable, "into the url"]);
        assert_refused(
            &[(&variable, "hunter2")],
            &[&variable, "or set database.host (DB_HOST)"],
        );
        assert!(
            !read(&[(&variable, "hunter2")])
                .unwrap_err()
                .contains("hunter2")
        );
    }
}

#[test]
fn the_more_specific_of_url_and_parts_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let address = |variables: &[(&str, &str)]| {
        let settings = Settings::read(&sources(folder.path(), variables)).unwrap();
        settings.database.url.to_string()
    };
    write(
        folder.path(),
        "default.toml",
        "[database]\nurl = \"sqlite://a.db\"",
    );
    assert!(address(&[HOST]).contains("localhost:5432"));
    write(
        folder.path(),
        "development.toml",
        "[database]\nhost = \"h1\"\nport = 6",
    );
    assert!(address(&[]).contains("//h1:6"));
    assert!(address(&[("DB_PASSWORD", "x"), ("DB_PORT", "7")]).contains("//h1:7"));
    assert_eq!(
        address(&[("DATABASE_URL", "sqlite://b.db")]),
        "sqlite://b.db"
    );

    write(
        folder.path(),
        "development.toml",
        "[database]\nhost = \"h1\"\nurl = \"sqlite://a.db\"",
    );
    assert!(refusal_in(folder.path(), &[]).contains("remove the url, or remove the rest"));
}

#[test]
fn each_wrong_part_is_refused() {
    for (variable, value, part) in [
        (
            "DB_PORT",
            "0",
            "database.port is `0` (from the variable DB_PORT); expected a port",
        ),
        ("DB_PORT", "5432;", "expected a port"),
        ("DB_PORT", "1,2", "give one port, or one for each host"),
        ("DB_SSLMODE", "on", "database.sslmode is `on`"),
        ("DB_HOST", "a b", "a host is neither"),
        ("DB_HOST", "h1:5433", "a host is neither"),
        (
            "TALLYSTICK__DATABASE__NAME",
            "",
            "expected the database's name",
        ),
        ("TALLYSTICK__DATABASE__USER", "", "expected a user's name"),
        (
            "TALLYSTICK__DATABASE__PASSWORD",
            "",
            "it is empty; write a password",
        ),
    ] {
        let host = if variable == "DB_HOST" {
            value
        } else {
            "localhost"
        };
        assert_refused(&[("DB_HOST", host), (variable, value)], &[part]);
    }
}

#[test]
fn production_refuses_a_remote_server_that_nothing_proves() {
    for (variable, key) in [
        ("DATABASE_URL", "database.url"),
        ("DB_DIRECT_URL", "database.direct_url"),
        ("DATABASE_OWNER_URL", "database.owner_url"),
        ("DB_REPLICA_URLS", "database.replicas"),
    ] {
        for weak in ["", "?sslmode=require", "?sslmode=verify-ca"] {
            let url = format!("postgres://tally:hunter2@localhost,db.example/books{weak}");
            let mut variables = vec![PRODUCTION, (variable, &*url)];
            if variable != "DATABASE_URL" {
                variables.push(("DATABASE_URL", "postgres://localhost/books"));
            }
            let advice = format!("{key} leads to the remote server db.example:5432");
            assert_refused(&variables, &[&advice, "sslmode=verify-full"]);
            assert!(!read(&variables).unwrap_err().contains("hunter2"));
        }
    }
    assert_refused(
        &[PRODUCTION, ("DB_HOST", "db.example")],
        &["DB_SSLMODE beside DB_HOST"],
    );
    for url in [
        "postgres://db.example/books?sslmode=verify-full",
        "postgres://127.0.0.1/books",
        "postgres:///books?host=/var/run/postgresql",
    ] {
        assert!(connection(&[PRODUCTION, ("DATABASE_URL", url)]).require_verified_tls);
    }
    let elsewhere = connection(&[("DATABASE_URL", "postgres://db.example/books")]);
    assert!(!elsewhere.require_verified_tls);
}

#[test]
fn variables_that_the_driver_would_obey_are_refused() {
    let url = ("DATABASE_URL", "postgres://localhost/books");
    assert_refused(
        &[url, ("PGOPTIONS", "-c x=y")],
        &["database.url cannot be used", "PGOPTIONS"],
    );
    assert_refused(&[url, ("PGSSLKEY", "/k")], &["PGSSLKEY", "sslkey"]);
    connection(&[url, ("PGHOST", "elsewhere"), ("PGPASSWORD", "x")]);
    connection(&[("PGOPTIONS", "-c x=y")]);
}

#[test]
fn every_fault_of_the_section_is_reported_at_once() {
    assert_refused(
        &[
            PRODUCTION,
            ("DATABASE_URL", "postgres://db.example/books"),
            ("DB_REPLICA_URLS", "sqlite://a.db"),
            ("DB_POOL_MAX_SIZE", "none"),
            ("DB_COMMAND_TIMEOUT", "soon"),
            ("DB_USER", "tally"),
        ],
        &[
            "could take its place",
            "replica 1",
            "pool_max_size",
            "command_timeout_ms",
            "DB_USER",
        ],
    );
}
