//! Traces for a collector.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    time::Duration,
};

use crate::support::Home;

/// One request, as it came over the wire.
fn take_request(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut taken = Vec::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        taken.extend_from_slice(&buffer[..read]);
        if read == 0 || is_whole(&taken) {
            break;
        }
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    taken
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    request.len() >= head.len() + 4 + length
}

#[test]
fn requests_and_their_database_work_reach_a_collector() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let (send, received) = mpsc::channel();
    std::thread::spawn(move || while send.send(take_request(&collector)).is_ok() {});
    let home = Home::new().with("TALLYSTICK__TELEMETRY__OTLP_ENDPOINT", &endpoint);
    home.add_user();
    let service = home.serve("serve").signed_in(&home);
    service.get_json("/v1/portfolios");
    let made = service
        .ask(ureq::post(format!("{}/v1/portfolios", service.url)))
        .content_type("application/json")
        .send(r#"{"name":"Traced","base_currency":"CAD"}"#)
        .unwrap();
    assert_eq!(made.status(), 201);
    assert_eq!(service.stop_with("-TERM"), Some(0));

    let mut taken = Vec::new();
    while let Ok(request) = received.recv_timeout(Duration::from_millis(500)) {
        taken.extend(request);
    }
    let text = String::from_utf8_lossy(&taken);
    for expected in [
        "POST /v1/traces",
        "application/x-protobuf",
        "tallystick",
        "request",
        "database write",
    ] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
}

#[test]
fn a_collector_that_is_gone_stops_nothing() {
    let home = Home::new().with("TALLYSTICK__TELEMETRY__OTLP_ENDPOINT", "http://127.0.0.1:1");
    home.add_user();
    let service = home.serve("serve").signed_in(&home);
    service.get_json("/v1/portfolios");
    assert_eq!(
        service.stop_with("-TERM"),
        Some(0),
        "{}",
        home.service_log()
    );
}

#[test]
fn an_address_that_cannot_be_meant_is_refused() {
    let home = Home::new().with("TALLYSTICK__TELEMETRY__OTLP_ENDPOINT", "collector:4318");
    home.run(&["serve"])
        .failed_with(&["telemetry.otlp_endpoint", "http://"]);
}
