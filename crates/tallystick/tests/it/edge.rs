//! Who reaches the service, and how: TLS, addresses, what the log says of clients.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    sync::Arc,
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
    crypto::ring,
    pki_types::ServerName,
    version::{TLS12, TLS13},
};
use serde_json::Value;

use crate::support::Home;

/// A folder with a certificate for `localhost`, and the settings that name it.
pub fn with_certificate() -> (Home, RootCertStore) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let home = Home::new()
        .with("TALLYSTICK__SERVER__TLS_CERTIFICATE", "certificate.pem")
        .with("TALLYSTICK__SERVER__TLS_KEY", "key.pem");
    home.write("certificate.pem", &cert.pem());
    home.write("key.pem", &signing_key.serialize_pem());
    fs::set_permissions(home.path("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    let mut authorities = RootCertStore::empty();
    authorities.add(cert.der().clone()).unwrap();
    (home, authorities)
}

/// The whole answer to a GET over TLS of this version.
fn get_over_tls(
    address: &str,
    authorities: &RootCertStore,
    version: &'static SupportedProtocolVersion,
) -> String {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(authorities.clone())
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(address).unwrap());
    let request = "GET /api/v1/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    // The end without a TLS close is an end all the same.
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn with_a_certificate_it_serves_tls_and_nothing_else() {
    let (home, authorities) = with_certificate();
    let service = home.serve("serve");
    let address = service.url.strip_prefix("https://").unwrap();
    for version in [&TLS12, &TLS13] {
        let answer = get_over_tls(address, &authorities, version);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(
            answer.contains("strict-transport-security: max-age="),
            "{answer}"
        );
        assert!(answer.contains("\"name\":\"tallystick\""), "{answer}");
    }
    let mut plain = TcpStream::connect(address).unwrap();
    plain
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    plain
        .write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "an answer without TLS");
    assert_eq!(service.stop_with("-TERM"), Some(0));
    assert!(
        !home.service_log().contains("PRIVATE"),
        "{}",
        home.service_log()
    );
}

#[test]
fn a_certificate_that_cannot_be_used_is_one_sentence() {
    let (home, _) = with_certificate();
    let (other, _) = with_certificate();
    let run = |home: &Home, part: &str| {
        home.run(&["serve", "--port", "0"])
            .failed_in_one_line_with(&[part, "key.pem"]);
    };
    home.write(
        "key.pem",
        &fs::read_to_string(other.path("key.pem")).unwrap(),
    );
    run(&home, "cannot be used together");
    home.write("key.pem", "no key at all");
    run(&home, "give a PEM file that holds a private key");
    fs::remove_file(home.path("key.pem")).unwrap();
    run(&home, "the TLS key");
    home.write("certificate.pem", "nothing");
    home.run(&["serve", "--port", "0"])
        .failed_in_one_line_with(&["certificate.pem", "holds no certificate"]);
}

#[test]
fn doctor_says_how_the_service_can_be_reached() {
    let (home, _) = with_certificate();
    let checks = |home: &Home| {
        let ran = home.run(&["doctor", "--json"]);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["checks"].to_string()
    };
    let safe = checks(&home);
    assert!(
        safe.contains("\"check\":\"tls\"") && !safe.contains("\"check\":\"exposure\""),
        "{safe}"
    );
    fs::set_permissions(home.path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(checks(&home).contains("may read the TLS key"));
    let open = checks(&Home::new().with("TALLYSTICK__SERVER__HOST", "0.0.0.0"));
    assert!(open.contains("without TLS"), "{open}");
    assert!(!checks(&Home::new()).contains("\"check\":\"exposure\""));
}

#[test]
fn beyond_loopback_without_tls_it_serves_with_a_warning() {
    let home = Home::new()
        .with("TALLYSTICK__SERVER__HOST", "0.0.0.0")
        .with("TALLYSTICK__SERVER__MAX_HEADER_BYTES", "2048");
    let service = home.serve("serve");
    let port = service.url.rsplit(':').next().unwrap();
    let ask = |host: &str| {
        let request = ureq::get(format!("http://127.0.0.1:{port}/livez"));
        request
            .header("Host", host)
            .call()
            .map(|answer| answer.status().as_u16())
    };
    // By whatever name it is reached there.
    assert_eq!(ask("books.example").unwrap(), 200);
    let log = home.service_log();
    assert!(log.contains("listens on 0.0.0.0 without TLS"), "{log}");
    assert_eq!(service.stop_with("-TERM"), Some(0));
}

#[test]
fn the_log_names_the_client_and_not_its_proxy() {
    let home = Home::new()
        .with("TALLYSTICK__LOG__FORMAT", "json")
        .with("TALLYSTICK__SERVER__TRUSTED_PROXIES", "127.0.0.0/8")
        .with("TALLYSTICK__LIMITS__ADDRESS_PER_MINUTE", "1")
        .with("TALLYSTICK__LIMITS__ADDRESS_BURST", "2");
    let service = home.serve("serve");
    let ask = || {
        let request = ureq::get(format!("{}/nowhere", service.url));
        let request = request.header("X-Forwarded-For", "192.0.2.1, 198.51.100.23");
        match request.call() {
            Err(ureq::Error::StatusCode(status)) => status,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([ask(), ask(), ask()], [404, 404, 429]);
    assert_eq!(service.stop_with("-TERM"), Some(0));
    let log = home.service_log();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ended: Vec<_> = lines
        .filter(|line| line["message"] == "request ended")
        .collect();
    assert_eq!(ended.len(), 3, "{log}");
    assert!(
        ended
            .iter()
            .all(|line| line["span"]["client"] == "198.51.100.23"),
        "{log}"
    );
}

#[test]
fn production_does_not_start_with_what_shows_too_much() {
    let (home, _) = with_certificate();
    fs::set_permissions(home.path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let home = home
        .with("TALLYSTICK_ENV", "production")
        .with("TALLYSTICK__SERVER__HOST", "0.0.0.0")
        .with("TALLYSTICK__SERVER__METRICS", "open")
        .with("TALLYSTICK__LOG__LEVEL", "debug");
    home.run(&["serve", "--port", "0"]).failed_with(&[
        "server.metrics is open",
        "server.tls_key",
        "log.level is `debug`",
    ]);
}
