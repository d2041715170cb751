//! A client that reads a stream of events, by the letter of WHATWG HTML's "Server-sent events".

use reqwest::{Method, Response};
use serde_json::Value;

use crate::app::App;

/// What comes between two empty lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Event {
        id: i64,
        kind: String,
        data: Value,
    },
    /// An id without data: where to go on from.
    Position(i64),
    Comment(String),
}

pub struct Reader {
    response: Response,
    unread: Vec<u8>,
}

impl Reader {
    /// Opens a stream; `last` is what a client sends that was cut.
    pub async fn open(app: &App, thread: &str, query: &str, last: Option<i64>) -> Self {
        let path = format!("/v1/threads/{thread}/events{query}");
        let mut request = app.request(Method::GET, &path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        Self::of(response)
    }

    pub fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            response,
            unread: Vec::new(),
        }
    }

    /// The next block; `None` at the end, or where the connection was cut.
    pub async fn next(&mut self) -> Option<Block> {
        loop {
            let end = self.unread.windows(2).position(|two| two == b"\n\n");
            if let Some(end) = end {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                return Some(Block::read(std::str::from_utf8(&block).unwrap()));
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.unread.extend_from_slice(&chunk),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next event's number, kind and data, past all comments.
    pub async fn event(&mut self) -> Option<(i64, String, Value)> {
        loop {
            if let Block::Event { id, kind, data } = self.next().await? {
                return Some((id, kind, data));
            }
        }
    }

    /// The numbers of so many events.
    pub async fn ids(&mut self, count: usize) -> Vec<i64> {
        let mut ids = Vec::new();
        while ids.len() < count {
            ids.push(self.event().await.expect("an event").0);
        }
        ids
    }
}

impl Block {
    fn read(text: &str) -> Self {
        let field = |name: &str| {
            let mut lines = text
                .lines()
                .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let value = lines.next();
            assert!(lines.next().is_none(), "{name} is there twice: {text}");
            value
        };
        if let Some(comment) = text.strip_prefix(": ") {
            return Self::Comment(comment.trim_end().to_owned());
        }
        let id = field("id").unwrap().parse().unwrap();
        match (field("event"), field("data")) {
            (Some(kind), Some(data)) => Self::Event {
                id,
                kind: kind.to_owned(),
                data: serde_json::from_str(data).unwrap(),
            },
            _ => Self::Position(id),
        }
    }
}
