use std::{fs, os::unix::fs::PermissionsExt};

use super::Metrics;
use crate::settings::{
    Server, Settings,
    tests::{read, sources, write},
};

fn server(variables: &[(&str, &str)]) -> Server {
    read(variables).unwrap().server
}

#[test]
fn only_a_loopback_address_without_proxies_is_local() {
    let proxies = "TALLYSTICK__SERVER__TRUSTED_PROXIES";
    for (host, trusted, is_local) in [
        ("127.0.0.1", "", true),
        ("127.8.8.8", "", true),
        ("::1", "", true),
        ("localhost", "", true),
        ("127.0.0.1", "127.0.0.1", false),
        ("0.0.0.0", "", false),
        ("::", "", false),
        ("192.0.2.1", "10.0.0.0/8", false),
    ] {
        let server = server(&[("TALLYSTICK__SERVER__HOST", host), (proxies, trusted)]);
        assert_eq!(server.is_local(), is_local, "{host} {trusted}");
    }
}

#[test]
fn metrics_are_open_on_this_machine_alone_unless_told_otherwise() {
    let opens = |host: &str, metrics: &str| {
        let given = [
            ("TALLYSTICK__SERVER__HOST", host),
            ("TALLYSTICK__SERVER__METRICS", metrics),
        ];
        server(&given).opens_metrics()
    };
    assert!(opens("127.0.0.1", "loopback"));
    assert!(!opens("0.0.0.0", "loopback"));
    assert!(opens("0.0.0.0", "open"));
    assert!(!opens("127.0.0.1", "admin"));
    assert_eq!(server(&[]).metrics, Metrics::Loopback);
}

#[test]
fn lists_come_from_files_and_from_variables() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\ncors_origins = [\"https://a.example\"]";
    write(folder.path(), "development.toml", text);
    let in_file = Settings::read(&sources(folder.path(), &[])).unwrap().server;
    let given = [
        ("TALLYSTICK__SERVER__TRUSTED_PROXIES", "10.0.0.0/8 ::1"),
        ("TALLYSTICK__SERVER__CORS_ORIGINS", "https://a.example"),
    ];
    let in_variables = server(&given);
    assert_eq!(in_file.trusted_proxies, in_variables.trusted_proxies);
    assert_eq!(in_file.cors_origins, in_variables.cors_origins);
    assert_eq!(in_file.trusted_proxies.len(), 2);
}

#[test]
fn what_no_browser_sends_as_an_origin_is_refused() {
    for origin in [
        "*",
        "null",
        "a.example",
        "https://a.example/",
        "https://A.example",
        "https://",
    ] {
        let error = read(&[("TALLYSTICK__SERVER__CORS_ORIGINS", origin)]).unwrap_err();
        assert!(
            error.contains("https://console.example"),
            "{origin}: {error}"
        );
    }
    for network in ["10.0.0.0/33", "proxy.example", "10.0.0.1,10.0.0.2"] {
        let error = read(&[("TALLYSTICK__SERVER__TRUSTED_PROXIES", network)]).unwrap_err();
        assert!(error.contains("10.0.0.0/8"), "{network}: {error}");
    }
}

#[test]
fn a_certificate_and_its_key_go_together() {
    let (certificate, key) = (
        "TALLYSTICK__SERVER__TLS_CERTIFICATE",
        "TALLYSTICK__SERVER__TLS_KEY",
    );
    assert!(server(&[]).certificate.is_none());
    assert_eq!(server(&[]).scheme(), "http");
    let both = server(&[(certificate, "a.pem"), (key, "b.pem")]);
    assert_eq!(both.scheme(), "https");
    let error = read(&[(certificate, "a.pem")]).unwrap_err();
    let sentence = "server.tls_certificate (from the variable TALLYSTICK__SERVER__TLS_CERTIFICATE) is \
                    of no use without server.tls_key";
    assert!(error.contains(sentence), "{error}");
    let error = read(&[(key, "a.pem")]).unwrap_err();
    assert!(
        error.contains("is of no use without server.tls_certificate"),
        "{error}"
    );
}

#[test]
fn passwords_in_clear_on_a_network_and_keys_for_everybody_deserve_a_warning() {
    let remote = ("TALLYSTICK__SERVER__HOST", "0.0.0.0");
    let warnings = |given: &[(&str, &str)]| server(given).warnings().join("\n");
    assert_eq!(warnings(&[]), "");
    assert!(warnings(&[remote]).contains("0.0.0.0 without TLS"));
    assert_eq!(
        warnings(&[remote, ("TALLYSTICK__SERVER__TRUSTED_PROXIES", "10.0.0.1")]),
        ""
    );

    let folder = tempfile::tempdir().unwrap();
    let with_key = |mode: u32| {
        let key = folder.path().join("key.pem");
        fs::write(&key, "a key").unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let key = key.to_str().unwrap().to_owned();
        let given = [
            remote,
            ("TALLYSTICK__SERVER__TLS_CERTIFICATE", "a.pem"),
            ("TALLYSTICK__SERVER__TLS_KEY", &key),
        ];
        warnings(&given)
    };
    assert!(with_key(0o644).contains("key.pem: chmod o="));
    assert_eq!(with_key(0o640), "");
    assert_eq!(with_key(0o600), "");
}
