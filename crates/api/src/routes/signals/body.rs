use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use utoipa::ToSchema;

use crate::{
    extract::parse,
    problem::{Problem, kinds},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalIn {
    #[schema(pattern = "^[A-Z0-9._-]{2,20}$", example = "NKE")]
    pub instrument: String,
    /// 0 or 1, as the producer means it.
    #[schema(minimum = 0, maximum = 1)]
    pub side: i64,
    /// RFC 3339.
    #[schema(format = DateTime)]
    pub time: String,
    /// Any JSON, at most 32 KiB as it is sent.
    #[schema(value_type = Value)]
    pub payload: Box<RawValue>,
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A signal that keeps the rules.
#[derive(Clone, Debug)]
pub struct Signal {
    instrument: String,
    side: i64,
    time: DateTime<Utc>,
    payload: Value,
    version: i64,
}

const LONGEST_PAYLOAD: usize = 32 * 1024;

/// Reads the body of a request: first its form, then its rules, all at once.
pub fn read(body: &[u8]) -> Result<Signal, Problem> {
    let given: SignalIn = parse(body)?;
    let payload = serde_json::from_str(given.payload.get()).map_err(|error| {
        let detail = error.to_string();
        Problem::new(kinds::BODY_INVALID, detail.clone()).at_pointer("/payload", detail)
    })?;
    let time = read_time(&given.time);
    let rules = [
        (
            "/instrument",
            is_instrument(&given.instrument),
            "must be 2 to 20 of the characters A to Z, 0 to 9, `.`, `_` and `-`",
        ),
        ("/side", (0..=1).contains(&given.side), "must be 0 or 1"),
        (
            "/time",
            time.is_some(),
            "must be an instant of RFC 3339, as 2026-01-02T03:04:05Z",
        ),
        (
            "/payload",
            given.payload.get().len() <= LONGEST_PAYLOAD,
            "must have at most 32768 bytes",
        ),
        ("/version", given.version >= 1, "must be 1 or more"),
    ];
    let broken: Vec<_> = rules.iter().filter(|(_, is_kept, _)| !is_kept).collect();
    if let (Some(time), []) = (time, broken.as_slice()) {
        return Ok(Signal {
            instrument: given.instrument,
            side: given.side,
            time,
            payload,
            version: given.version,
        });
    }
    let problem = Problem::new(
        kinds::VALIDATION_FAILED,
        "the signal breaks rules; see errors",
    );
    Err(broken.into_iter().fold(problem, |problem, (at, _, rule)| {
        problem.at_pointer(*at, *rule)
    }))
}

fn is_instrument(text: &str) -> bool {
    let in_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"._-".contains(&b);
    (2..=20).contains(&text.len()) && text.bytes().all(in_name)
}

/// In the years 0001 to 9999, which can be written again in the same form.
fn read_time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (1..=9999).contains(&time.year()).then_some(time)
}

impl Signal {
    /// As it is kept beside the message; the payload's own text is in the message.
    pub fn content(&self) -> Value {
        json!({
            "instrument": self.instrument,
            "side": self.side,
            "time": self.written_time(),
            "payload": self.payload,
            "version": self.version,
        })
    }

    fn written_time(&self) -> String {
        self.time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

/// One line for whoever reads the thread.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.written_time();
        write!(
            f,
            "{}: side {} at {time} (version {})",
            self.instrument, self.side, self.version
        )
    }
}
