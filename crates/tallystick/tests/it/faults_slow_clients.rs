//! Many clients that send as slowly as they can, beside one that does not.

use std::{
    env,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Home, Service};

const SCENARIO: &str = "slow clients";
/// How often a slow client sends a byte.
const DRIP: Duration = Duration::from_millis(500);
/// How often it is looked whether the server still listens.
const LOOK: Duration = Duration::from_millis(20);
/// A client that waits longer than any deadline was not cut.
const GENEROUS: Duration = Duration::from_mins(1);

/// How a run is sized: the full length is for `cargo xtask faults`.
struct Size {
    clients: usize,
    head: Duration,
    body: Duration,
    measured: Duration,
}

impl Size {
    fn of_run() -> Self {
        if env::var_os("FAULTS_LONG").is_some() {
            return Self {
                clients: 1000,
                head: Duration::from_secs(5),
                body: Duration::from_secs(30),
                measured: Duration::from_secs(20),
            };
        }
        Self {
            clients: 50,
            head: Duration::from_secs(1),
            body: Duration::from_secs(2),
            measured: Duration::from_secs(1),
        }
    }
}

/// What a slow client sends first; then a byte every now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slow {
    Head,
    /// The head of a second request, over a connection that was good once.
    LaterHead,
    Body,
    /// One whose length nobody knows.
    ChunkedBody,
}

const KINDS: [Slow; 4] = [Slow::Head, Slow::LaterHead, Slow::Body, Slow::ChunkedBody];

const POST: &str =
    "POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

impl Slow {
    fn has_head(self) -> bool {
        matches!(self, Self::Body | Self::ChunkedBody)
    }

    fn begin(self) -> String {
        match self {
            Self::Head => "GET /v1/portfolios HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_owned(),
            Self::LaterHead => "GET / HTTP/1.1\r\nX-Slow: ".to_owned(),
            Self::Body => format!("{POST}Content-Length: 100000\r\n\r\n{{"),
            Self::ChunkedBody => format!("{POST}Transfer-Encoding: chunked\r\n\r\n"),
        }
    }

    fn drip(self) -> &'static str {
        match self {
            Self::ChunkedBody => "1\r\n \r\n",
            Self::Head | Self::LaterHead | Self::Body => " ",
        }
    }
}

/// A request like any other.
fn be_answered(stream: &mut TcpStream) {
    let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
}

struct SlowClient {
    kind: Slow,
    stream: TcpStream,
    started: Instant,
    dripped: Instant,
    /// When an answer came: that there was enough waiting.
    refused_after: Option<Duration>,
    closed_after: Option<Duration>,
}

impl SlowClient {
    fn connect(server: SocketAddr, kind: Slow) -> Self {
        let mut stream = TcpStream::connect(server).unwrap();
        if kind == Slow::LaterHead {
            be_answered(&mut stream);
        }
        let started = Instant::now();
        stream.write_all(kind.begin().as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self {
            kind,
            stream,
            started,
            dripped: started,
            refused_after: None,
            closed_after: None,
        }
    }

    /// Notes when the server has closed; else sends a byte if it is time for one.
    fn look(&mut self) {
        if self.is_closed() {
            self.closed_after = Some(self.started.elapsed());
        } else if self.dripped.elapsed() >= DRIP {
            self.dripped = Instant::now();
            // What cannot be sent is noticed as closed next time.
            let _ = self.stream.write(self.kind.drip().as_bytes());
        }
    }

    fn is_closed(&mut self) -> bool {
        let mut answer = [0; 4096];
        loop {
            match self.stream.read(&mut answer) {
                Ok(0) => return true,
                Ok(_) => {
                    self.refused_after.get_or_insert(self.started.elapsed());
                }
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }
}

/// All clients drip until each was cut; answers with them.
fn drip_until_cut(server: SocketAddr, size: &Size) -> Vec<SlowClient> {
    let kinds = KINDS.into_iter().cycle().take(size.clients);
    let mut clients: Vec<_> = kinds
        .map(|kind| SlowClient::connect(server, kind))
        .collect();
    let started = Instant::now();
    while clients.iter().any(|client| client.closed_after.is_none()) {
        let open = clients
            .iter()
            .filter(|client| client.closed_after.is_none())
            .count();
        assert!(
            started.elapsed() < GENEROUS,
            "{open} connections are still open"
        );
        for client in clients
            .iter_mut()
            .filter(|client| client.closed_after.is_none())
        {
            client.look();
        }
        thread::sleep(LOOK);
    }
    clients
}

/// Asks in a steady rhythm until `is_over`; answers with how long each answer took.
fn ask_steadily(service: &Service, is_over: impl Fn() -> bool) -> Vec<Duration> {
    let agent = ureq::agent();
    let mut taken = Vec::new();
    while !is_over() {
        let asked = Instant::now();
        let question = agent.get(format!("{}/v1/portfolios", service.url));
        let mut answer = service.ask(question).call().unwrap();
        answer.body_mut().read_to_string().unwrap();
        taken.push(asked.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    taken
}

fn p99_ms(mut taken: Vec<Duration>) -> f64 {
    taken.sort_unstable();
    let at = (taken.len() * 99).div_ceil(100).saturating_sub(1);
    taken[at].as_secs_f64() * 1e3
}

/// The longest time that `event` took to come to a client whose head was, or was not, there.
fn longest(
    clients: &[SlowClient],
    has_head: bool,
    event: impl Fn(&SlowClient) -> Option<Duration>,
) -> Duration {
    let of_kind = clients
        .iter()
        .filter(|client| client.kind.has_head() == has_head);
    of_kind.map(|client| event(client).unwrap()).max().unwrap()
}

#[test]
fn slow_clients_are_cut_and_others_do_not_notice() {
    let size = Size::of_run();
    let millis = |time: Duration| time.as_millis().to_string();
    let home = Home::new()
        .without_rate_limits()
        .with("TALLYSTICK__LIMITS__HEAD_TIMEOUT_MS", &millis(size.head))
        .with("TALLYSTICK__LIMITS__BODY_TIMEOUT_MS", &millis(size.body));
    home.add_user();
    let service = home.serve("serve").signed_in(&home);
    let server = service
        .url
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();

    let started = Instant::now();
    let alone = ask_steadily(&service, || started.elapsed() > size.measured);
    let is_over = AtomicBool::new(false);
    let (clients, beside) = thread::scope(|scope| {
        let beside = scope.spawn(|| ask_steadily(&service, || is_over.load(Ordering::Relaxed)));
        let clients = drip_until_cut(server, &size);
        is_over.store(true, Ordering::Relaxed);
        (clients, beside.join().unwrap())
    });

    let heads = longest(&clients, false, |client| client.closed_after);
    let bodies = longest(&clients, true, |client| client.refused_after);
    let closed = longest(&clients, true, |client| client.closed_after);
    let (asked_alone, asked_beside) = (alone.len(), beside.len());
    let (alone, beside) = (p99_ms(alone), p99_ms(beside));
    // Looking at all clients takes a moment; a client that is refused has a second to hear why.
    let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
    let moment = Duration::from_millis(500);
    for (what, value, goal) in [
        ("connections", clients.len().to_string(), "-".to_owned()),
        (
            "slow heads: longest until closed",
            seconds(heads),
            format!("<= {}", seconds(size.head + moment)),
        ),
        (
            "slow bodies: longest until refused",
            seconds(bodies),
            format!("<= {}", seconds(size.body + moment)),
        ),
        (
            "slow bodies: longest until closed",
            seconds(closed),
            format!("<= {}", seconds(size.body + 3 * moment)),
        ),
        (
            "requests of a normal client, alone",
            asked_alone.to_string(),
            "-".to_owned(),
        ),
        (
            "requests of a normal client, beside them",
            asked_beside.to_string(),
            "-".to_owned(),
        ),
        (
            "p99 of a normal client, alone",
            format!("{alone:.2} ms"),
            "-".to_owned(),
        ),
        (
            "p99 of a normal client, beside them",
            format!("{beside:.2} ms"),
            format!("<= {:.2} ms", alone * 2.0),
        ),
    ] {
        println!("figure: {SCENARIO} | {what} | {value} | goal {goal}");
    }
    assert!(bodies > heads, "bodies have more time than heads");
    assert_eq!(service.stop_with("-TERM"), Some(0));
}
