//! A web server whose answers a test makes up, and that can fail in the ways that servers do.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Listens on a port of its own until it is dropped.
#[derive(Debug)]
pub struct WebServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_stopped: Arc<AtomicBool>,
}

/// A request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Path and query.
    pub target: String,
    /// The headers' lines.
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

impl Asked {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let parts = self.headers.iter().filter_map(|line| line.split_once(':'));
        let mut named = parts.filter(|(given, _)| given.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Full {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Nothing, for as long as the client stays.
    Silence,
    /// The connection is closed without an answer.
    Cut,
    /// The connection is closed in the middle of this body.
    CutWithin(Vec<u8>),
}

impl Reply {
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Full {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    #[must_use]
    pub fn with_header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Full {
                status,
                mut headers,
                body,
            } => {
                headers.push((name.to_owned(), value.to_owned()));
                Self::Full {
                    status,
                    headers,
                    body,
                }
            }
            other => other,
        }
    }
}

impl WebServer {
    /// Answers each request with what `reply` says; it is told how many came before.
    ///
    /// # Panics
    ///
    /// Where this machine lets nobody listen.
    #[allow(clippy::expect_used)]
    pub fn start(reply: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let is_stopped = Arc::new(AtomicBool::new(false));
        let (log, stopped, reply) = (asked.clone(), is_stopped.clone(), Arc::new(reply));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (log, reply) = (log.clone(), reply.clone());
                thread::spawn(move || serve(stream, &log, &*reply));
            }
        });
        Self {
            address,
            asked,
            is_stopped,
        }
    }

    /// `http://` and the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Asked>>, reply: &impl Fn(&Asked, usize) -> Reply) {
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read_request(&mut reader) {
        let before = {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push(asked.clone());
            log.len() - 1
        };
        let stream = reader.get_mut();
        // A client that has gone has its own reasons.
        let written = match reply(&asked, before) {
            Reply::Full {
                status,
                headers,
                body,
            } => write(stream, status, &headers, &body, body.len()),
            Reply::CutWithin(body) => {
                let half = body.get(..body.len() / 2).unwrap_or_default();
                let written = write(stream, 200, &[], half, body.len());
                let _ = stream.shutdown(Shutdown::Both);
                written
            }
            Reply::Cut => stream.shutdown(Shutdown::Both),
            Reply::Silence => {
                let _ = reader.read_to_end(&mut Vec::new());
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    let (mut headers, body) = (Vec::new(), Vec::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            let asked = Asked {
                target,
                headers,
                body,
            };
            return with_body(reader, asked);
        }
        headers.push(line.to_owned());
    }
}

fn with_body(reader: &mut BufReader<TcpStream>, asked: Asked) -> Option<Asked> {
    let length = asked.header("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { body, ..asked })
}

fn write(
    stream: &mut TcpStream,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
    length: usize,
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Made Up\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        for part in [name, ": ", value, "\r\n"] {
            head.push_str(part);
        }
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}
