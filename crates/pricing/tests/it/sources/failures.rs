use testservers::{Reply, WebServer, free_port};

use super::{gathered, missing, rows, wanted};

const GOOD: &str = "symbol,date,close,currency\nA,2025-10-21,1,USD\n";

fn settings(url: &str, limits: &str) -> String {
    format!(
        "[sources.s]\nkind = \"http_csv\"\nurl = \"{url}/\"\n\
         limits = {{ backoff_ms = 1, {limits} }}\n[policies.P]\nprices = [\"s\"]\n"
    )
}

/// What is said of the price that is missing, and how often the server was asked.
async fn failed(server: &WebServer, limits: &str) -> (String, usize) {
    let made = gathered(
        &settings(&server.url(), limits),
        &wanted(&["A USD"]),
        "2025-10-21",
    )
    .await;
    assert!(rows(&made).is_empty(), "{:?}", rows(&made));
    (missing(&made).join("\n"), server.asked().len())
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for bad in [
        Reply::status(429, "slow down").with_header("retry-after", "0"),
        Reply::status(429, "slow down").with_header("Retry-After", "Tue, 21 Oct 2025 07:28:00 GMT"),
        Reply::status(500, "oh"),
        Reply::status(503, "busy"),
        Reply::Cut,
        Reply::CutWithin(GOOD.into()),
        Reply::Silence,
    ] {
        let reply = bad.clone();
        let server = WebServer::start(move |_, before| {
            if before < 2 {
                reply.clone()
            } else {
                Reply::ok(GOOD)
            }
        });
        let settings = settings(&server.url(), "attempts = 3, timeout_ms = 300");
        let made = gathered(&settings, &wanted(&["A USD"]), "2025-10-21").await;
        assert_eq!(rows(&made), ["A 1 USD s"], "{bad:?}");
        assert_eq!(server.asked().len(), 3, "{bad:?}");
    }
}

#[tokio::test]
async fn after_the_last_attempt_the_row_is_missing() {
    for (bad, expected) in [
        (
            Reply::status(500, "oh"),
            "the service answers 500 (attempt 2)",
        ),
        (Reply::Cut, "the connection broke off (attempt 2)"),
        (
            Reply::CutWithin(GOOD.into()),
            "the answer broke off (attempt 2)",
        ),
        (Reply::Silence, "no answer within 200 ms (attempt 2)"),
    ] {
        let reply = bad.clone();
        let server = WebServer::start(move |_, _| reply.clone());
        let (told, asked) = failed(&server, "attempts = 2, timeout_ms = 200").await;
        assert!(told.contains(expected), "{bad:?}: {told}");
        assert_eq!(asked, 2, "{bad:?}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_tried_once() {
    for (bad, expected) in [
        (Reply::status(400, ""), "answers 400"),
        (Reply::status(401, ""), "is the key right"),
        (Reply::status(403, ""), "is the key right"),
        (Reply::status(404, ""), "does not know"),
        (Reply::status(204, ""), "answers 204"),
        (
            Reply::status(429, "").with_header("retry-after", "3600"),
            "too many requests",
        ),
        (
            Reply::status(503, "").with_header("retry-after", "Wed, 22 Oct 2025 07:28:00 GMT"),
            "answers 503",
        ),
        (
            Reply::ok(vec![b'x'; 3_000]),
            "the answer is longer than 2000 bytes",
        ),
        (
            Reply::ok("<html>not what was asked for</html>"),
            "there is no column `close`",
        ),
        (Reply::ok(vec![0xff, 0xfe, b'\n']), "UTF-8"),
        (Reply::ok(""), "there is no column `close`"),
    ] {
        let reply = bad.clone();
        let server = WebServer::start(move |_, _| reply.clone());
        let (told, asked) = failed(&server, "attempts = 3, most_bytes = 2000").await;
        assert!(told.contains(expected), "{bad:?}: {told}");
        assert_eq!(asked, 1, "{bad:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = WebServer::start(|_, _| Reply::ok(GOOD));
    let target = elsewhere.url();
    let server =
        WebServer::start(move |_, _| Reply::status(302, "").with_header("location", &target));
    let (told, _) = failed(&server, "attempts = 1").await;
    assert!(told.contains("a redirect, which is not followed"), "{told}");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn json_that_is_none_is_told() {
    for (body, expected) in [
        ("{", "it is not JSON at line 1"),
        (
            r#"{"Error Message":"Limit reach"}"#,
            "there is no list of rows at ``",
        ),
        ("[1]", "row 1: it is not a JSON object"),
        (
            r#"[{"symbol":"A","close":[1]}]"#,
            "`/close`: it is a list or an object",
        ),
    ] {
        let server = WebServer::start(move |_, _| Reply::ok(body));
        let settings = settings(&server.url(), "attempts = 1").replace("http_csv", "http_json");
        let made = gathered(&settings, &wanted(&["A USD"]), "2025-10-21").await;
        assert!(
            missing(&made)[0].contains(expected),
            "{body}: {:?}",
            missing(&made)
        );
    }
}

#[tokio::test]
async fn an_answer_of_other_days_is_no_answer() {
    let server = WebServer::start(|_, _| {
        Reply::ok("symbol,date,close,currency\nA,2025-10-22,1,USD\nA,2024-10-21,1,USD\n")
    });
    let (told, _) = failed(&server, "attempts = 1").await;
    assert_eq!(told, "A (s: it has none)");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told() {
    let url = format!("http://127.0.0.1:{}", free_port().unwrap());
    let settings = settings(&url, "attempts = 2");
    let made = gathered(&settings, &wanted(&["A USD"]), "2025-10-21").await;
    assert!(
        missing(&made)[0].contains("it cannot be reached"),
        "{:?}",
        missing(&made)
    );
}

#[tokio::test]
async fn a_source_has_only_so_long_for_all() {
    let server = WebServer::start(|asked, _| {
        if asked.target == "/A" {
            Reply::ok("date,close\n2025-10-21,1\n")
        } else {
            Reply::Silence
        }
    });
    let settings = settings(&server.url(), "total_timeout_ms = 400, at_once = 1")
        .replace("/\"", "/{symbol}\"\ncurrency = \"USD\"");
    let made = gathered(
        &settings,
        &wanted(&["A USD", "B USD", "C USD"]),
        "2025-10-21",
    )
    .await;
    // What came in time is kept.
    assert_eq!(rows(&made), ["A 1 USD s"]);
    for told in missing(&made) {
        assert!(
            told.contains("had not answered all within 400 ms"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn only_so_many_requests_are_under_way_at_once() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (under_way, greatest) = (now.clone(), most.clone());
    let server = WebServer::start(move |_, _| {
        greatest.fetch_max(
            under_way.fetch_add(1, Ordering::SeqCst) + 1,
            Ordering::SeqCst,
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
        under_way.fetch_sub(1, Ordering::SeqCst);
        Reply::ok("date,close\n2025-10-21,1\n")
    });
    let settings =
        settings(&server.url(), "at_once = 3").replace("/\"", "/{symbol}\"\ncurrency = \"USD\"");
    let symbols: Vec<_> = (0..12).map(|n| format!("S{n} USD")).collect();
    let symbols: Vec<_> = symbols.iter().map(String::as_str).collect();
    let made = gathered(&settings, &wanted(&symbols), "2025-10-21").await;
    assert_eq!(rows(&made).len(), 12);
    assert!(most.load(Ordering::SeqCst) <= 3);
}
