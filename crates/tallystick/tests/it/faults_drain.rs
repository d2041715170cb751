//! The service is told to stop while clients keep asking: no request that it has begun to hear goes
//! without an answer.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use db::ConnectionTrait;
use sea_orm::Statement;
use serde_json::json;
use testkit::{TestDatabase, on_both_engines};

use crate::support::{Home, Service};

const SCENARIO: &str = "SIGTERM under load";
const CLIENTS: usize = 16;
const DRAIN: Duration = Duration::from_secs(3);
const GENEROUS: Duration = Duration::from_secs(20);

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Answered {
        status: u16,
        is_last: bool,
    },
    /// The connection ended between two requests, as any server may end it: the next one met that.
    Unheard,
}

/// A client that keeps its connection.
struct Client {
    number: usize,
    server: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// `None` once nobody listens.
    fn send(&mut self, request: &str) -> Option<Fate> {
        if self.connection.is_none() {
            let stream = TcpStream::connect(self.server).ok()?;
            stream.set_read_timeout(Some(GENEROUS)).unwrap();
            self.connection = Some(BufReader::new(stream));
        }
        let connection = self.connection.as_mut().unwrap();
        let sent = connection.get_mut().write_all(request.as_bytes());
        let fate = match sent {
            Ok(()) => read_answer(connection),
            Err(_) => Fate::Unheard,
        };
        if !matches!(fate, Fate::Answered { is_last: false, .. }) {
            self.connection = None;
        }
        Some(fate)
    }

    fn request(&self, round: usize) -> (String, u16) {
        if !round.is_multiple_of(4) {
            let get = format!(
                "GET /v1/portfolios?limit=20 HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n",
                authorization()
            );
            return (get, 200);
        }
        let post = post(&format!("Portfolio {} of {}", round, self.number));
        (post, 201)
    }
}

fn post(name: &str) -> String {
    let body = json!({ "name": name, "base_currency": "USD" }).to_string();
    let length = body.len();
    format!(
        "POST /v1/portfolios HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         {}Content-Length: {length}\r\n\r\n{body}",
        authorization()
    )
}

/// Each test is a process of its own, with one service.
static TOKEN: OnceLock<String> = OnceLock::new();

fn authorization() -> String {
    format!("Authorization: Bearer {}\r\n", TOKEN.get().unwrap())
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> Fate {
    let mut line = String::new();
    match connection.read_line(&mut line) {
        Ok(0) => return Fate::Unheard,
        Ok(_) => {}
        Err(error) if line.is_empty() && error.kind() != ErrorKind::WouldBlock => {
            return Fate::Unheard;
        }
        Err(error) => panic!("{error} after {line:?}"),
    }
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let (mut length, mut is_last) = (0, false);
    loop {
        let mut header = String::new();
        assert!(
            connection.read_line(&mut header).unwrap() > 0,
            "half an answer"
        );
        let header = header.trim_end().to_ascii_lowercase();
        match header.split_once(": ") {
            None => break,
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(("connection", value)) => is_last = value == "close",
            Some(("transfer-encoding", _)) => panic!("the length is known"),
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    Fate::Answered { status, is_last }
}

#[derive(Default)]
struct Counts {
    answered: AtomicUsize,
    created: AtomicUsize,
    unheard: AtomicUsize,
    last: AtomicUsize,
}

fn ask_until_refused(number: usize, server: SocketAddr, counts: &Counts) {
    let mut client = Client {
        number,
        server,
        connection: None,
    };
    for round in 0.. {
        let (request, expected) = client.request(round);
        let Some(fate) = client.send(&request) else {
            return;
        };
        let counter = match fate {
            Fate::Answered { status, is_last } => {
                assert_eq!(status, expected);
                counts
                    .last
                    .fetch_add(usize::from(is_last), Ordering::Relaxed);
                counts
                    .created
                    .fetch_add(usize::from(status == 201), Ordering::Relaxed);
                &counts.answered
            }
            Fate::Unheard => &counts.unheard,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn ended_requests(home: &Home) -> usize {
    let log = home.service_log();
    log.lines()
        .filter(|line| line.contains("request ended"))
        .count()
}

async fn count_portfolios(db: &TestDatabase) -> usize {
    let owner = db.owner().await;
    let reader = owner.reader();
    let question = "SELECT count(*) FROM portfolios";
    let statement = Statement::from_string(reader.get_database_backend(), question);
    let row = reader.query_one_raw(statement).await.unwrap().unwrap();
    usize::try_from(row.try_get_by_index::<i64>(0).unwrap()).unwrap()
}

fn drained(db: &TestDatabase) -> (Home, Service, SocketAddr) {
    let seconds = DRAIN.as_secs().to_string();
    let home = Home::of(db)
        .with("TALLYSTICK__SERVER__SHUTDOWN_SECONDS", &seconds)
        .without_rate_limits()
        .with("TALLYSTICK__LOG__LEVEL", "debug");
    TOKEN.set(home.token_of_new_user()).unwrap();
    let service = home.serve("serve");
    let server = service
        .url
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    (home, service, server)
}

on_both_engines! {
    async fn what_is_under_way_is_answered_before_the_end(db) {
        let (home, service, server) = drained(&db);
        let counts = Counts::default();
        let (status, taken) = thread::scope(|scope| {
            for number in 0..CLIENTS {
                let counts = &counts;
                scope.spawn(move || ask_until_refused(number, server, counts));
            }
            while counts.created.load(Ordering::Relaxed) < CLIENTS * 2 {
                thread::sleep(Duration::from_millis(10));
            }
            let told = Instant::now();
            (service.stop_with("-TERM"), told.elapsed())
        });
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        println!("figure: {SCENARIO} | answered | {} | goal all", count(&counts.answered));
        println!("figure: {SCENARIO} | met a connection that had ended | {} | goal -", count(&counts.unheard));
        println!("figure: {SCENARIO} | told to be the last | {} | goal -", count(&counts.last));
        println!("figure: {SCENARIO} | end after | {} ms | goal 4000 ms", taken.as_millis());
        assert_eq!(status, Some(0), "{}", home.service_log());
        assert!(taken < DRAIN + GENEROUS, "{taken:?}");
        assert!(count(&counts.unheard) <= CLIENTS * 2, "a connection ends once");
        // What was carried out was answered.
        assert_eq!(ended_requests(&home), count(&counts.answered));
        let kept = count_portfolios(&db).await;
        assert_eq!(kept, count(&counts.created));
    }
    async fn what_was_heard_in_half_is_answered_too(db) {
        let (home, service, server) = drained(&db);
        let mut halves: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let request = post(&format!("Half {number}"));
                let mut stream = TcpStream::connect(server).unwrap();
                stream.set_read_timeout(Some(GENEROUS)).unwrap();
                let (first, rest) = request.split_at(request.len() - 10);
                stream.write_all(first.as_bytes()).unwrap();
                (BufReader::new(stream), rest.to_owned())
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        let fates = thread::scope(|scope| {
            let stopped = scope.spawn(|| service.stop_with("-TERM"));
            thread::sleep(Duration::from_millis(300));
            let answered = halves.iter_mut().map(|(connection, rest)| {
                connection.get_mut().write_all(rest.as_bytes()).unwrap();
                read_answer(connection)
            });
            let fates: Vec<_> = answered.collect();
            assert_eq!(stopped.join().unwrap(), Some(0), "{}", home.service_log());
            fates
        });
        let last = Fate::Answered { status: 201, is_last: true };
        assert!(fates.iter().all(|fate| *fate == last), "{fates:?}");
        assert_eq!(count_portfolios(&db).await, CLIENTS);
    }
}
