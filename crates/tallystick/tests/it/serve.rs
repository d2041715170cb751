use std::{io::Read, net::TcpListener, process::Stdio};

use serde_json::Value;

use crate::support::Home;

#[test]
fn it_answers_until_it_is_told_to_stop() {
    for signal in ["-TERM", "-INT"] {
        let home = Home::new();
        let service = home.serve("serve");
        assert_eq!(service.get_json("/api/v1/version")["name"], "tallystick");
        assert_eq!(service.get_json("/api/v1/version")["env"], "development");
        assert_eq!(service.get_json("/health")["status"], "healthy");
        assert_eq!(
            service.get_json("/api/v1/ready")["dependencies"]["migrations"],
            "current"
        );
        assert_eq!(
            service.stop_with(signal),
            Some(0),
            "{signal}: {}",
            home.service_log()
        );
        let left_over = home.path("data/tallystick.db-wal");
        assert!(!left_over.exists(), "{signal}: the database was not closed");
    }
}

#[test]
fn a_port_in_use_is_one_sentence_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for command in ["serve", "demo"] {
        let home = Home::new();
        home.run(&[command, "--port", &port])
            .failed_in_one_line_with(&[&port, "--port"]);
        assert!(
            !home.path("data").exists(),
            "{command} worked before it had its port"
        );
    }
}

#[test]
fn each_line_of_a_json_log_is_json_and_names_its_request() {
    let home = Home::new()
        .with("TALLYSTICK__LOG__FORMAT", "json")
        .with("TALLYSTICK__LOG__LEVEL", "debug");
    let service = home.serve("serve");
    let answer = ureq::get(format!("{}/v1/portfolios", service.url))
        .header("X-Request-Id", "my-own-request")
        .header(
            "Authorization",
            format!("Bearer {}", home.token_of_new_user()),
        )
        .call()
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "my-own-request");
    assert_eq!(service.stop_with("-TERM"), Some(0));
    let log = home.service_log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_request: Vec<_> = lines
        .iter()
        .filter(|line| line["span"]["request_id"] == "my-own-request")
        .collect();
    assert!(!of_request.is_empty(), "{log}");
    assert!(
        of_request
            .iter()
            .any(|line| line["message"] == "request ended"),
        "{log}"
    );
}

#[test]
fn a_text_log_names_its_request_too() {
    let home = Home::new().with("TALLYSTICK__LOG__LEVEL", "debug");
    let service = home.serve("serve");
    ureq::get(format!("{}/v1/portfolios", service.url))
        .header("X-Request-Id", "my-own-request")
        .header(
            "Authorization",
            format!("Bearer {}", home.token_of_new_user()),
        )
        .call()
        .unwrap();
    assert_eq!(service.stop_with("-TERM"), Some(0));
    let log = home.service_log();
    assert!(
        log.lines().any(|line| line.contains("my-own-request")),
        "{log}"
    );
    assert!(!log.contains('\u{1b}'), "colours in a file: {log}");
}

#[test]
fn without_json_a_sentence_says_where_it_serves() {
    let home = Home::new();
    let mut started = home.command(&["serve", "--port", "0"]);
    let mut child = started
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = [0; 64];
    let length = child.stdout.take().unwrap().read(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said[..length]).into_owned();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        said.starts_with("Tallystick serves on http://127.0.0.1:"),
        "{said}"
    );
}
