use std::{collections::HashMap, fs, path::Path};

use super::{DatabaseUrl, LogFormat, Settings, Sources};

pub fn sources(folder: &Path, variables: &[(&str, &str)]) -> Sources {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    Sources {
        folder: folder.to_owned(),
        variables: variables.collect::<HashMap<_, _>>(),
    }
}

pub fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let empty = tempfile::tempdir().unwrap();
    Settings::read(&sources(empty.path(), variables)).map_err(|error| error.to_string())
}

pub fn write(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join("config")).unwrap();
    fs::write(folder.join("config").join(name), text).unwrap();
}

#[test]
fn without_any_source_the_built_in_settings_hold() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.environment, "development");
    assert_eq!(settings.server.host.to_string(), "127.0.0.1");
    assert_eq!(settings.server.port, 8080);
    assert_eq!(
        settings.database.url.reveal(),
        "sqlite://data/tallystick.db"
    );
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(settings.ledger.path, None);
    assert!(settings.database.migrate_on_start);
}

#[test]
fn each_source_is_laid_over_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "default.toml",
        "[server]\nport = 1001\nworkers = 1\nmax_connections = 1",
    );
    write(
        folder.path(),
        "staging.toml",
        "[server]\nport = 1002\nworkers = 2",
    );
    let variables = [
        ("TALLYSTICK_ENV", "staging"),
        ("TALLYSTICK__SERVER__PORT", "1003"),
    ];
    let settings = Settings::read(&sources(folder.path(), &variables)).unwrap();
    assert_eq!(settings.environment, "staging");
    assert_eq!(settings.server.max_connections, 1);
    assert_eq!(settings.server.workers, 2);
    assert_eq!(settings.server.port, 1003);
    assert_eq!(settings.files.len(), 2);
}

#[test]
fn database_url_comes_last_and_turns_migrating_on_start_off() {
    let given = [
        ("TALLYSTICK__DATABASE__URL", "sqlite://a.db"),
        ("DATABASE_URL", "sqlite://b.db"),
    ];
    let settings = read(&given).unwrap();
    assert_eq!(settings.database.url.reveal(), "sqlite://b.db");
    assert!(!settings.database.migrate_on_start);

    let settings = read(&[("DATABASE_URL", "")]).unwrap();
    assert_eq!(
        settings.database.url.reveal(),
        "sqlite://data/tallystick.db"
    );
}

#[test]
fn every_fault_is_reported_with_its_key_its_source_and_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "development.toml",
        "[log]\nformat = \"xml\"\ncolour = true",
    );
    let variables = [
        ("TALLYSTICK__SERVER__PORT", "eighty"),
        ("TALLYSTICK__SERVER__HOST", "example.org"),
        ("TALLYSTICK__LOG__LEVEL", "verbose"),
        ("TALLYSTICK__SERVR__PORT", "80"),
    ];
    let error = Settings::read(&sources(folder.path(), &variables))
        .unwrap_err()
        .to_string();
    for part in [
        "server.port is `eighty` (from the variable TALLYSTICK__SERVER__PORT); expected a port",
        "server.host is `example.org`",
        "expected an IP address of this machine",
        "log.format is `xml` (in ",
        "development.toml); expected text or json",
        "log.colour is not a setting",
        "[log] has format, level",
        "log.level is `verbose`",
        "servr.port is not a setting (from the variable TALLYSTICK__SERVR__PORT)",
        "there are the sections server, database, auth, log, ledger",
    ] {
        assert!(error.contains(part), "{part:?} is missing in:\n{error}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for (key, value) in [
        ("TALLYSTICK__SERVER__PORT", "65536"),
        ("TALLYSTICK__SERVER__PORT", "-1"),
        ("TALLYSTICK__DATABASE__POOL_MAX_SIZE", "0"),
        (
            "TALLYSTICK__DATABASE__BUSY_TIMEOUT_MS",
            "99999999999999999999",
        ),
        ("TALLYSTICK__SERVER__SHUTDOWN_SECONDS", "1.5"),
        ("TALLYSTICK__DATABASE__MIGRATE_ON_START", "maybe"),
    ] {
        let error = read(&[(key, value)]).unwrap_err();
        assert!(error.contains(key) && error.contains("expected"), "{error}");
    }
}

#[test]
fn a_section_that_is_a_value_is_refused() {
    let error = read(&[("TALLYSTICK__SERVER", "127.0.0.1:80")]).unwrap_err();
    assert!(error.contains("server is not a setting"), "{error}");
    assert!(error.contains("[server] has host, port"), "{error}");
}

#[test]
fn an_environment_that_nobody_described_is_refused() {
    let error = read(&[("TALLYSTICK_ENV", "prodution")]).unwrap_err();
    assert!(
        error.contains("`prodution`") && error.contains("production"),
        "{error}"
    );
    let error = read(&[("TALLYSTICK_ENV", "../etc")]).unwrap_err();
    assert!(error.contains("TALLYSTICK_ENV"), "{error}");
}

#[test]
fn a_file_that_is_no_toml_is_named_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[database]\nurl = \"postgres://tally:hunter2@host/db\npool_max_size = 3";
    write(folder.path(), "development.toml", text);
    let error = Settings::read(&sources(folder.path(), &[]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("development.toml") && error.contains("line 2"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_password_is_never_shown() {
    for url in [
        "postgres://tally:hunter2@db.example:5432/books?sslmode=require",
        "postgres://tally@db.example/books?password=hunter2",
        "postgresql://tally:hunter2@db.example/books",
        "postgres://h1,db.example/books?password=hunter2&sslmode=verify-full",
    ] {
        let settings = read(&[("DATABASE_URL", url)]).unwrap();
        let shown = format!("{settings:?} {}", settings.database.url);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("db.example"), "{shown}");
    }
    for wrong in [
        ("DATABASE_URL", "mysql://tally:hunter2@host/books"),
        ("DATABASE_URL", "postgres://tally:hunter2/x@host/books"),
        ("DATABASE_URL", "postgres://tally:1/hunter2@host/books"),
        ("DATABASE_URL", "postgres://tally:x@hunter2@host/books"),
        ("DATABASE_URL", "postgres://:hunter2@host/books"),
        (
            "TALLYSTICK__DATABASE",
            "postgres://tally:hunter2@host/books",
        ),
        (
            "TALLYSTICK__DATABASE__URI",
            "postgres://tally:hunter2@host/books",
        ),
    ] {
        let error = read(&[wrong]).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(error.contains("database"), "{error}");
    }
}

#[test]
fn an_sqlite_url_names_its_file() {
    let file = |text: &str| {
        let url = DatabaseUrl::parse(text).unwrap();
        url.sqlite_file().map(Path::to_owned)
    };
    assert_eq!(file("sqlite://data/a.db"), Some("data/a.db".into()));
    assert_eq!(file("sqlite::memory:"), None);
    assert_eq!(file("postgres://host/a"), None);
}

#[test]
fn the_files_of_the_repository_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for environment in ["development", "test", "production"] {
        let sources = sources(&folder, &[("TALLYSTICK_ENV", environment)]);
        let settings = Settings::read(&sources).unwrap();
        assert_eq!(settings.environment, environment);
        assert_eq!(settings.files.len(), 2);
    }
}

#[test]
fn the_documentation_has_every_key_of_the_edge() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let default = fs::read_to_string(root.join("config/default.toml")).unwrap();
    let documentation = fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    for (section, heading) in [
        ("[server]", "## Reaching the service"),
        ("[limits]", "## Limits"),
    ] {
        let keys = default
            .split(section)
            .nth(1)
            .unwrap()
            .split("\n[")
            .next()
            .unwrap();
        let documented = documentation.split(heading).nth(1).unwrap();
        let documented = documented.split("\n## ").next().unwrap();
        for line in keys.lines().filter(|line| !line.starts_with('#')) {
            let Some((key, _)) = line.split_once(" = ") else {
                continue;
            };
            assert!(documented.contains(&format!("`{key}`")), "{section} {key}");
        }
    }
}

#[test]
fn accounts_have_settings_with_bounds() {
    let auth = read(&[]).unwrap().auth;
    assert_eq!(auth.keys_dir, Path::new("data/keys"));
    assert_eq!(
        (&*auth.issuer, &*auth.audience),
        ("tallystick", "tallystick")
    );
    assert_eq!(auth.access_token_lifetime, chrono::TimeDelta::minutes(15));
    assert_eq!(auth.refresh_token_lifetime, chrono::TimeDelta::days(30));
    assert_eq!(auth.password_threads, 2);
    for (name, value) in [
        ("KEYS_DIR", ""),
        ("ISSUER", ""),
        ("AUDIENCE", "two words"),
        ("ACCESS_TOKEN_MINUTES", "0"),
        ("ACCESS_TOKEN_MINUTES", "61"),
        ("REFRESH_TOKEN_DAYS", "366"),
        ("PASSWORD_THREADS", "0"),
    ] {
        let error = read(&[(&format!("TALLYSTICK__AUTH__{name}"), value)]).unwrap_err();
        let key = format!("auth.{}", name.to_lowercase());
        assert!(error.contains(&key), "{error}");
    }
}

#[test]
fn the_documentation_names_every_key_about_accounts() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let text_of = |file: &str| fs::read_to_string(format!("{root}{file}")).unwrap();
    let documented = text_of("docs/configuration.md");
    let defaults = text_of("config/default.toml");
    let section = defaults.split("\n[auth]\n").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let keys: Vec<_> = section
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .collect();
    assert_eq!(keys.len(), 6);
    for (key, value) in keys {
        let row = format!("| `{key}` | {} |", value.replace('"', "`"));
        assert!(documented.contains(&row), "{row}");
    }
}
