//! `cargo xtask bench streams`: what open streams of events take, and how soon an event is there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;
use tempfile::TempDir;
use testservers::{Cluster, Durability};

use super::account::Account;
use super::product::{Product, Profile};
use super::report::{Report, Table};
use super::server::{Server, Target};
use super::{Engine, as_service, http, machine, make_service_role};
use crate::process;
use crate::workspace::Workspace;

#[derive(Args)]
pub struct Options {
    /// How many streams are opened
    #[arg(long, default_value_t = 2_000)]
    streams: usize,
    /// How many events are waited for, one after the other
    #[arg(long, default_value_t = 200)]
    events: usize,
    /// Measure builds without optimization, to try the bench itself; nothing is written
    #[arg(long)]
    debug: bool,
    /// Print the table, and leave docs/performance.md as it is
    #[arg(long)]
    no_write: bool,
}

/// The streams are spread over so many threads.
const THREADS: usize = 100;
/// Opened and closed again before anything is measured, so that what is made once is there.
const WARM_UP: usize = 100;
/// Longer than the time between two comments, so that each stream has been asked about once.
const SETTLE: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(30);
/// A stream should take less.
const GOAL_KIB: f64 = 20.0;

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    ensure!(
        options.streams > 0 && options.events > 0,
        "nothing to measure"
    );
    let profile = if options.debug {
        Profile::Debug
    } else {
        Profile::Release
    };
    let product = Product::build(workspace, profile)?;
    let cluster = Cluster::start(Durability::Committed)?;
    make_service_role(&cluster)?;
    let mut table = Table::new(
        "The memory of the process, and the time from a message's POST to its event at a client",
        &[
            "Engine",
            "Streams",
            "Before",
            "With them",
            "Each",
            "Goal",
            "Outcome",
            "50% within",
            "99% within",
        ],
    );
    for engine in Engine::BOTH {
        let scratch = tempfile::Builder::new()
            .prefix("tallystick-bench-streams-")
            .tempdir()?;
        table.add(measure(&product, engine, &cluster, &scratch, options)?);
    }
    let report = Report {
        command: "bench streams",
        machine: machine::describe()?,
        tables: vec![table],
        appendix: String::new(),
    };
    println!("\n{report}");
    if options.no_write || options.debug {
        Ok(())
    } else {
        report.write(&workspace.root)
    }
}

fn measure(
    product: &Product,
    engine: Engine,
    cluster: &Cluster,
    scratch: &TempDir,
    options: &Options,
) -> Result<[String; 9]> {
    let url = engine.new_database(cluster, scratch.path(), "streams")?;
    product.migrate(&url, scratch.path())?;
    let account = Account::add(product, &url, scratch.path())?;
    let server = product.serve(&as_service(&url), scratch.path())?;
    let target = account.log_in(&server.target)?;
    let threads = make_threads(&target)?;
    drop(open(&target, &threads, WARM_UP)?);
    thread::sleep(SETTLE);

    let before = memory(&server)?;
    let streams = open(&target, &threads, options.streams)?;
    thread::sleep(SETTLE);
    let with_them = memory(&server)?;
    let waits = wait_for_events(&target, &threads, options.events)?;
    drop(streams);
    let each = (with_them - before) / 1024.0 / as_number(options.streams);
    let outcome = if each < GOAL_KIB { "reached" } else { "missed" };
    let within = |share: usize| {
        let at = (waits.len() * share / 100).min(waits.len() - 1);
        format!("{:.1} ms", waits[at].as_secs_f64() * 1e3)
    };
    Ok([
        engine.name().to_owned(),
        options.streams.to_string(),
        mebibytes(before),
        mebibytes(with_them),
        format!("{each:.1} KiB"),
        format!("{GOAL_KIB} KiB"),
        outcome.to_owned(),
        within(50),
        within(99),
    ])
}

fn make_threads(target: &Target) -> Result<Vec<String>> {
    let ids = (0..THREADS).map(|number| {
        let chat = json!({"platform": "bench", "chat_id": number.to_string()});
        let thread = http::put_json(target, "/v1/threads", &chat)?;
        let id = thread["id"].as_str().context("a thread without an id")?;
        Ok(id.to_owned())
    });
    ids.collect()
}

/// A client that reads as little as it can, so that it does not take what is measured.
struct Stream {
    connection: TcpStream,
    read: Vec<u8>,
}

fn open(target: &Target, threads: &[String], count: usize) -> Result<Vec<Stream>> {
    let threads = threads.iter().cycle().take(count);
    threads.map(|thread| Stream::open(target, thread)).collect()
}

impl Stream {
    fn open(target: &Target, thread: &str) -> Result<Self> {
        process::stop_if_interrupted()?;
        let host = target.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        let token = target.token.as_deref().unwrap_or_default();
        write!(
            connection,
            "GET /v1/threads/{thread}/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )?;
        let read = Vec::new();
        let mut stream = Self { connection, read };
        stream.read_up_to("id: ")?;
        let head = String::from_utf8_lossy(&stream.read);
        ensure!(head.starts_with("HTTP/1.1 200"), "no stream: {head}");
        stream.read = Vec::new();
        Ok(stream)
    }

    fn read_up_to(&mut self, text: &str) -> Result<()> {
        let mut buffer = [0; 1024];
        let holds = |read: &[u8]| read.windows(text.len()).any(|part| part == text.as_bytes());
        while !holds(&self.read) {
            let count = self.connection.read(&mut buffer)?;
            let said = String::from_utf8_lossy(&self.read);
            ensure!(count > 0, "a stream ended: {said}");
            self.read.extend_from_slice(&buffer[..count]);
        }
        Ok(())
    }
}

/// How long each event took, from the beginning of its message's POST; sorted.
fn wait_for_events(target: &Target, threads: &[String], count: usize) -> Result<Vec<Duration>> {
    let thread = threads.first().context("no threads")?;
    let mut stream = Stream::open(target, thread)?;
    let path = format!("/v1/threads/{thread}/messages");
    let mut waits = Vec::with_capacity(count);
    for number in 0..count {
        let message = json!({"role": "user", "text": format!("message {number}")});
        let start = Instant::now();
        let posted = http::post_json(target, &path, &message)?;
        let id = posted["message"]["id"]
            .as_str()
            .context("a message without an id")?;
        stream.read_up_to(id)?;
        waits.push(start.elapsed());
        stream.read.clear();
    }
    waits.sort();
    Ok(waits)
}

fn memory(server: &Server) -> Result<f64> {
    let bytes = server.memory_bytes();
    let bytes = bytes.context("this system does not tell the memory of a process")?;
    Ok(as_number(usize::try_from(bytes)?))
}

/// Exact for what is counted here.
#[allow(clippy::cast_precision_loss)]
fn as_number(count: usize) -> f64 {
    count as f64
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / 1024.0 / 1024.0)
}
