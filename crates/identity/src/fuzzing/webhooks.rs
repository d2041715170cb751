use std::{collections::HashMap, sync::LazyLock};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use chrono::{DateTime, Utc};
use ring::hmac;

use super::changed;
use crate::webhook::{Producer, Producers, Refusal};

const NOW: i64 = 1_800_000_000;

/// One begins with a digit, as the end of a time does.
const NAMES: [&str; 3] = ["acme", "0", "7-eleven"];

static PRODUCERS: LazyLock<Producers> = LazyLock::new(|| {
    let producer = |name: &&str| {
        let secrets = secrets(name).map(|key| format!("whsec_{}", BASE64.encode(key)));
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        Producer::new(name, "a@b", &secrets).unwrap()
    };
    NAMES.iter().map(producer).collect()
});

fn secrets(name: &str) -> [Vec<u8>; 2] {
    ["old", "new"].map(|age| format!("{age} key of the producer {name:>12}").into_bytes())
}

/// Lines and a body. The first byte of the first line says what they are: a message as it is; or one that
/// is signed, and then changed as the rest of the first line tells, or cut in another place. What is
/// accepted was signed as it stands.
pub fn webhook(data: &[u8]) {
    let mut lines = data.splitn(5, |byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let Some((how, rest)) = next().split_first() else {
        return;
    };
    let (producer, id, time, body) = (next(), next(), next(), next());
    let (Ok(producer), Ok(id), Ok(time)) = (text(producer), text(id), text(time)) else {
        return;
    };
    let mut message = Message {
        producer,
        id,
        time,
        body: body.to_vec(),
    };
    if matches!(how % 4, 1 | 2) {
        message.body = [b"{", body, b"}"].concat();
    }
    match how % 4 {
        0 => as_it_is(&message, rest),
        1 => message.check_changed(&message.standard(), rest),
        2 => message.check_changed(&message.plain(), rest),
        _ => message.check_cut_elsewhere(),
    }
}

fn text(bytes: &[u8]) -> Result<String, std::string::FromUtf8Error> {
    String::from_utf8(bytes.to_vec())
}

#[derive(Clone, Debug, PartialEq)]
struct Message {
    producer: String,
    id: String,
    time: String,
    body: Vec<u8>,
}

type Headers = HashMap<&'static str, String>;

/// Which headers say a message's producer, id and time, and its signature.
const STANDARD: [&str; 4] = [
    "x-signal-producer",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];
const PLAIN: [&str; 4] = [
    "x-signal-producer",
    "",
    "x-signal-timestamp",
    "x-signal-signature",
];

fn as_it_is(message: &Message, signature: &[u8]) {
    let Ok(signature) = text(signature) else {
        return;
    };
    for names in [STANDARD, PLAIN] {
        let headers = message.headers(names, signature.clone());
        if is_accepted(&headers, &message.body) {
            let given: Vec<&str> = signature
                .split(' ')
                .map(|one| one.trim_start_matches("v1,"))
                .collect();
            let right = [message.standard(), message.plain()].concat();
            assert!(
                right.iter().any(|one| given.contains(&one.as_str())),
                "{message:?}"
            );
            assert!(message.is_timely(), "{message:?}");
        }
    }
}

impl Message {
    fn headers(
        &self,
        [producer, id, time, signed]: [&'static str; 4],
        signature: String,
    ) -> Headers {
        let said = [
            (producer, self.producer.clone()),
            (id, self.id.clone()),
            (time, self.time.clone()),
            (signed, signature),
        ];
        said.into_iter()
            .filter(|(name, _)| !name.is_empty())
            .collect()
    }

    fn is_timely(&self) -> bool {
        self.time
            .parse::<i64>()
            .is_ok_and(|time| (NOW - time).abs() <= 300)
    }

    /// By a library that the product does not use for it.
    fn sign(&self, parts: &[&[u8]]) -> Vec<String> {
        let signature = |key: Vec<u8>| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
            BASE64.encode(hmac::sign(&key, &parts.concat()))
        };
        secrets(&self.producer).map(signature).to_vec()
    }

    fn standard(&self) -> Vec<String> {
        self.sign(&[
            self.id.as_bytes(),
            b".",
            self.time.as_bytes(),
            b".",
            &self.body,
        ])
    }

    fn plain(&self) -> Vec<String> {
        self.sign(&[&self.body, self.time.as_bytes(), self.producer.as_bytes()])
    }

    /// In both forms, with the signatures of one of them.
    fn check_changed(&self, signatures: &[String], changes: &[u8]) {
        let (which, changes) = changes.split_first().unwrap_or((&0, &[]));
        let mut other = self.clone();
        let new = |old: &[u8]| changed(old, changes);
        let as_text = |bytes| String::from_utf8(bytes).unwrap_or_default();
        match which % 4 {
            0 => other.producer = as_text(new(self.producer.as_bytes())),
            1 => other.id = as_text(new(self.id.as_bytes())),
            2 => other.time = as_text(new(self.time.as_bytes())),
            _ => other.body = new(&self.body),
        }
        other.check_against(self, signatures);
    }

    /// The signed bytes, with the points that part them elsewhere.
    fn check_cut_elsewhere(&self) {
        // Nothing helps whoever signs an id that is none.
        if self.id.contains('.') || self.time.contains('.') {
            return;
        }
        let content = [
            self.id.as_bytes(),
            b".",
            self.time.as_bytes(),
            b".",
            &self.body,
        ]
        .concat();
        let points = (0..content.len()).filter(|at| content[*at] == b'.');
        let points: Vec<usize> = points.take(16).collect();
        for (position, first) in points.iter().enumerate() {
            for second in &points[position + 1..] {
                let (Ok(id), Ok(time)) =
                    (text(&content[..*first]), text(&content[first + 1..*second]))
                else {
                    continue;
                };
                let body = content[second + 1..].to_vec();
                let other = Self {
                    producer: self.producer.clone(),
                    id,
                    time,
                    body,
                };
                for signature in self.standard() {
                    other.check_standard(self, &signature);
                }
            }
        }
    }

    /// Is taken with the signatures of another only if it is that one.
    fn check_against(&self, signed: &Self, signatures: &[String]) {
        for signature in signatures {
            self.check_standard(signed, signature);
            self.check_plain(signed, signature);
        }
    }

    fn check_standard(&self, signed: &Self, signature: &str) {
        let headers = self.headers(STANDARD, format!("v1a,x v1,{signature}"));
        // What is signed in the plain form ends with its producer's name, and so does a body that is
        // made of it: it is no JSON object, and refused as that.
        let may_be_plain = signed.plain().iter().any(|one| one == signature);
        if is_accepted(&headers, &self.body) && (self.is_object() || !may_be_plain) {
            assert!(self == signed && self.is_known(), "{self:?} for {signed:?}");
            assert!(self.is_timely(), "{self:?}");
        }
    }

    fn check_plain(&self, signed: &Self, signature: &str) {
        let headers = self.headers(PLAIN, signature.to_owned());
        if is_accepted(&headers, &self.body) && self.is_object() {
            let same = (&self.producer, &self.time, &self.body);
            assert_eq!(same, (&signed.producer, &signed.time, &signed.body));
            assert!(self.is_known() && self.is_timely(), "{self:?}");
        }
    }

    fn is_known(&self) -> bool {
        NAMES.contains(&self.producer.as_str())
    }

    fn is_object(&self) -> bool {
        self.body.starts_with(b"{") && self.body.ends_with(b"}")
    }
}

fn is_accepted(headers: &Headers, body: &[u8]) -> bool {
    let now: DateTime<Utc> = DateTime::from_timestamp(NOW, 0).unwrap();
    let verified = PRODUCERS.verify(|name| headers.get(name).map(String::as_str), body, now);
    match verified {
        Ok(verified) => {
            assert_eq!(verified.producer.name, headers["x-signal-producer"]);
            assert!(!verified.message_id.is_empty());
            true
        }
        Err(Refusal::Missing(name)) => unreachable!("{name} is there"),
        Err(_) => false,
    }
}
