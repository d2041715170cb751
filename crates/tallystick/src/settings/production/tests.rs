use std::{fs, os::unix::fs::PermissionsExt};

use crate::settings::tests::read;

const PRODUCTION: (&str, &str) = ("TALLYSTICK_ENV", "production");
const REMOTE: (&str, &str) = ("TALLYSTICK__SERVER__HOST", "0.0.0.0");
const OPEN: (&str, &str) = ("TALLYSTICK__SERVER__METRICS", "open");

fn in_production(variables: &[(&str, &str)]) -> Result<(), String> {
    let mut given = vec![PRODUCTION];
    given.extend(variables);
    read(&given).map(|_| ())
}

#[test]
fn every_refusal_is_a_line_and_all_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    fs::write(&key, "a key").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o604)).unwrap();
    let key = key.to_str().unwrap();
    let given = [
        REMOTE,
        OPEN,
        ("TALLYSTICK__LOG__LEVEL", "info,api=debug"),
        ("TALLYSTICK__SERVER__TLS_CERTIFICATE", "a.pem"),
        ("TALLYSTICK__SERVER__TLS_KEY", key),
        (
            "DATABASE_URL",
            "postgres://tally@db.example/books?sslmode=require",
        ),
    ];
    let error = in_production(&given).unwrap_err();
    for part in [
        "server.metrics is open",
        "log.level is `info,api=debug`",
        "every user of this machine may read server.tls_key",
        "db.example:5432 with sslmode=require",
    ] {
        assert!(error.contains(part), "{part:?} is missing in:\n{error}");
    }
    assert_eq!(error.lines().count(), 5, "{error}");
    assert!(read(&given).is_ok(), "all of it is allowed elsewhere");
}

#[test]
fn what_stays_on_this_machine_is_not_refused() {
    in_production(&[]).unwrap();
    in_production(&[OPEN]).unwrap();
    in_production(&[REMOTE]).unwrap();
    in_production(&[REMOTE, ("TALLYSTICK__SERVER__METRICS", "admin")]).unwrap();
    let proxied = ("TALLYSTICK__SERVER__TRUSTED_PROXIES", "127.0.0.1");
    assert!(in_production(&[OPEN, proxied]).is_err());
}

#[test]
fn levels_that_show_internals_are_refused_in_every_form() {
    for level in ["debug", "TRACE", "info,db=trace", "warn,api=debug"] {
        let error = in_production(&[("TALLYSTICK__LOG__LEVEL", level)]).unwrap_err();
        assert!(error.contains(level), "{error}");
    }
    for level in ["info", "error", "warn,api=info", "off"] {
        in_production(&[("TALLYSTICK__LOG__LEVEL", level)]).unwrap();
    }
}
