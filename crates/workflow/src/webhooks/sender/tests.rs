use std::{
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::json;
use testservers::{Reply, WebServer};

use super::{Client, Failure, Message, Sender};
use crate::webhooks::{Endpoint, EventType, NewEndpoint};

mod tls;

const SECRETS: [&str; 2] = [
    "whsec_47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
];

fn now() -> DateTime<Utc> {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn new(url: &str) -> NewEndpoint<'_> {
    NewEndpoint {
        name: "pager",
        user: "me@example.org",
        url,
        secrets: &SECRETS,
        events: &[],
        allow_private: true,
    }
}

/// A client that finds these addresses under every name, and counts how often it is asked.
fn client(addresses: &[SocketAddr], asked: &Arc<AtomicUsize>) -> Client {
    let (addresses, asked) = (addresses.to_vec(), Arc::clone(asked));
    let mut client = Client::new();
    client.connector.lookup = Arc::new(move |_, _| {
        asked.fetch_add(1, Ordering::SeqCst);
        let found = addresses.clone();
        Box::pin(async { Ok(found) })
    });
    client
}

async fn send_by(client: Client, new: NewEndpoint<'_>) -> Result<u16, Failure> {
    let endpoints = [Endpoint::new(new).unwrap()].into_iter().collect();
    let sender = Sender::new(Arc::new(endpoints), client);
    let data = json!({ "approval_id": "7" });
    let message = Message::new("pager", EventType::ApprovalProposed, now(), &data);
    let payload = serde_json::to_value(message).unwrap();
    sender.send(&payload, "msg_1", now()).await
}

async fn send_to(server: &WebServer) -> Result<u16, Failure> {
    let url = format!("{}/s3cret?token=s3cret", server.url());
    send_by(Client::new(), new(&url)).await
}

#[tokio::test]
async fn a_message_carries_an_id_its_time_and_a_signature_for_each_secret() {
    let server = WebServer::start(|_, _| Reply::status(202, "a body that nobody reads"));
    assert_eq!(send_to(&server).await.unwrap(), 202);
    let asked = server.asked();
    let [asked] = asked.as_slice() else {
        panic!("one request was expected: {asked:?}");
    };
    assert_eq!(asked.target, "/s3cret?token=s3cret");
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.header("webhook-id"), Some("msg_1"));
    assert_eq!(asked.header("webhook-timestamp"), Some("1767323045"));
    let body = std::str::from_utf8(&asked.body).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(body).unwrap(),
        json!({
            "type": "approval.proposed",
            "timestamp": "2026-01-02T03:04:05.000000Z",
            "data": { "approval_id": "7" },
        })
    );
    let signatures = asked.header("webhook-signature").unwrap();
    match signed_by_python(&format!("msg_1.1767323045.{body}")) {
        Some(expected) => assert_eq!(signatures, expected),
        None => println!("skipped: there is no python3"),
    }
}

/// What Python's own HMAC makes of a text with both secrets.
fn signed_by_python(text: &str) -> Option<String> {
    let script = "import base64, hashlib, hmac, sys\n\
        def sign(secret):\n    \
            key = base64.b64decode(secret.removeprefix('whsec_'))\n    \
            mac = hmac.new(key, sys.argv[1].encode(), hashlib.sha256)\n    \
            return 'v1,' + base64.b64encode(mac.digest()).decode()\n\
        print(' '.join(map(sign, sys.argv[2:])), end='')";
    let mut python = Command::new("python3");
    let output = python.args(["-c", script, text]).args(SECRETS).output();
    let output = output.ok()?;
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn an_answer_that_does_not_take_a_message_is_told_without_the_url() {
    for (reply, said, is_final, seconds) in [
        (Reply::status(400, ""), "answers 400", false, None),
        (Reply::status(410, ""), "no more messages", true, None),
        (
            Reply::status(503, "").with_header("Retry-After", "7"),
            "answers 503",
            false,
            Some(7),
        ),
        (
            Reply::status(429, "").with_header("Retry-After", "Fri, 02 Jan 2026 03:05:05 GMT"),
            "answers 429",
            false,
            Some(60),
        ),
        (Reply::Cut, "broke off", false, None),
        (
            Reply::ok("").with_header("X-Long", &"x".repeat(100_000)),
            "broke off",
            false,
            None,
        ),
    ] {
        let server = WebServer::start(move |_, _| reply.clone());
        let failure = send_to(&server).await.unwrap_err();
        assert!(failure.detail.contains(said), "{}", failure.detail);
        assert!(!failure.detail.contains("s3cret"), "{}", failure.detail);
        assert_eq!(failure.is_final, is_final, "{said}");
        assert_eq!(failure.retry_after, seconds.map(Duration::from_secs));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = WebServer::start(|_, _| Reply::ok(""));
    let location = other.url();
    let server =
        WebServer::start(move |_, _| Reply::status(307, "").with_header("Location", &location));
    let failure = send_to(&server).await.unwrap_err();
    assert!(failure.detail.contains("redirect"), "{}", failure.detail);
    assert_eq!((server.asked().len(), other.asked().len()), (1, 0));
}

#[tokio::test]
async fn an_endpoint_that_says_nothing_is_given_up() {
    let server = WebServer::start(|_, _| Reply::Silence);
    let client = Client {
        longest_attempt: Duration::from_millis(50),
        ..Client::new()
    };
    let failure = send_by(client, new(&server.url())).await.unwrap_err();
    assert!(
        failure.detail.contains("did not answer"),
        "{}",
        failure.detail
    );
    assert!(!failure.is_final);
}

#[tokio::test]
async fn nothing_is_sent_to_a_private_address_by_whatever_name() {
    let server = WebServer::start(|_, _| Reply::ok(""));
    let (port, asked) = (server.port(), Arc::new(AtomicUsize::new(0)));
    let public: SocketAddr = "192.31.196.1:443".parse().unwrap();
    let private = SocketAddr::from(([127, 0, 0, 1], port));
    let mapped = format!("[::ffff:127.0.0.1]:{port}").parse().unwrap();
    for (host, found) in [
        ("127.0.0.1", vec![]),
        // Other ways to write the same.
        ("2130706433", vec![]),
        ("0x7f.1", vec![]),
        ("[::1]", vec![]),
        ("[::ffff:127.0.0.1]", vec![]),
        ("hooks.example", vec![private]),
        ("hooks.example", vec![mapped]),
        // One that is public does not make up for one that is not.
        ("hooks.example", vec![public, private]),
    ] {
        let url = format!("https://{host}:{port}/");
        let new = NewEndpoint {
            allow_private: false,
            ..new(&url)
        };
        let failure = send_by(client(&found, &asked), new).await.unwrap_err();
        assert!(
            failure.detail.contains("allow_private"),
            "{host}: {failure}"
        );
        assert!(failure.is_final, "{host}");
    }
    assert_eq!(server.asked(), []);
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_what_was_found_is_connected_to() {
    let server = WebServer::start(|_, _| Reply::ok(""));
    let asked = Arc::new(AtomicUsize::new(0));
    // The second is tried after the first, where nobody listens.
    let closed = SocketAddr::from(([127, 0, 0, 1], 1));
    let open = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let new = new("http://hooks.example/");
    let sent = send_by(client(&[closed, open], &asked), new).await;
    assert_eq!(sent.unwrap(), 200);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(server.asked()[0].header("host"), Some("hooks.example"));
}

#[tokio::test]
async fn what_no_endpoint_is_configured_for_is_not_tried_again() {
    let sender = Sender::new(Arc::default(), Client::new());
    let message = Message::new("pager", EventType::ApprovalResolved, now(), &json!({}));
    let message = serde_json::to_value(message).unwrap();
    let failure = sender.send(&message, "msg_1", now()).await.unwrap_err();
    assert!(
        failure.is_final && failure.detail.contains("pager"),
        "{failure}"
    );
    let failure = sender.send(&json!({}), "msg_1", now()).await.unwrap_err();
    assert!(
        failure.is_final && failure.detail.contains("payload"),
        "{failure}"
    );
}
