//! One source, ready to be asked.

use std::{fmt, fs::File, io::Read, path::Path, time::Duration};

use chrono::NaiveDate;
use futures_util::{StreamExt, stream};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    Client, Pair,
    answer::{Answer, Fault, Question},
    calls::{self, Call},
    http::KeyPlace,
    ledger_prices,
    reader::{self, About},
    settings::{Kind, Source},
    shape::Shape,
};

/// The longest file of prices in bytes: twenty years of a thousand securities have less.
const LONGEST_FILE: u64 = 256 * 1024 * 1024;

/// A key that is never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A source with its key.
#[derive(Clone, Debug)]
pub struct Asker {
    pub(super) name: String,
    source: Source,
    key: Option<Secret>,
    client: Client,
}

impl Asker {
    pub fn new(name: &str, source: Source, key: Option<Secret>, client: Client) -> Self {
        Self {
            name: name.to_owned(),
            source,
            key,
            client,
        }
    }

    /// Whether it is of any use to ask for a security.
    pub(super) fn serves_symbol(&self, symbol: &str) -> bool {
        let is_listed = self.source.symbols.contains_key(symbol);
        match self.source.kind {
            Kind::Ecb | Kind::EcbFile => false,
            Kind::Fred => is_listed,
            _ => is_listed || !self.source.only_listed,
        }
    }

    /// Whether it is of any use to ask for a pair or its inverse.
    pub(super) fn serves_pair(&self, pair: &Pair) -> bool {
        let listed = |pair: &Pair| self.source.pairs.contains_key(&pair.to_string());
        let is_listed = listed(pair) || listed(&pair.inverse());
        match self.source.kind {
            Kind::Ecb | Kind::EcbFile => calls::other_than_euro(pair).is_some(),
            Kind::Fred => is_listed,
            _ => is_listed || !self.source.only_listed,
        }
    }

    /// What it has of a question. It never fails: what went wrong is among the faults of the answer.
    pub(super) async fn ask(&self, question: &Question) -> Answer {
        if question.prices.is_empty() && question.pairs.is_empty() {
            return Answer::default();
        }
        if self.source.key_env.is_some() && self.key.is_none() {
            let variable = self.source.key_env.as_deref().unwrap_or_default();
            return Answer::failed(format!(
                "its key is not there: set the environment variable {variable}"
            ));
        }
        if self.source.kind.is_file() || self.source.path.is_some() {
            return self.ask_file(question).await;
        }
        self.ask_service(question).await
    }

    async fn ask_file(&self, question: &Question) -> Answer {
        let (asker, question) = (self.clone(), question.clone());
        let read = tokio::task::spawn_blocking(move || asker.read_file(&question));
        read.await
            .unwrap_or_else(|_| Answer::failed("the reading of its file broke off".to_owned()))
    }

    fn read_file(&self, question: &Question) -> Answer {
        let written = self.source.path.as_deref().unwrap_or(Path::new(""));
        let path = dated(written, question.asof);
        if self.source.kind == Kind::Ledger {
            return match ledger::load(&path) {
                Ok(ledger) => ledger_prices::read(&self.name, &ledger, question),
                Err(faults) => Answer::failed(first_fault(&path, &faults.to_string())),
            };
        }
        let text = match read_bounded(&path) {
            Ok(text) => text,
            Err(error) => return Answer::failed(format!("{}: {error}", file_name(&path))),
        };
        self.read(question, &About::Rows, self.source.holds, &text)
    }

    async fn ask_service(&self, question: &Question) -> Answer {
        let calls = match calls::calls(&self.source, question) {
            Ok(calls) => calls,
            Err(detail) => return Answer::failed(detail),
        };
        if self.source.grouped {
            return self.ask_in_turn(question, calls).await;
        }
        let pace = Pace::of(&self.source);
        let answers = stream::iter(calls)
            .map(|call| self.call(question, call, &pace))
            .buffered(self.source.limits.at_once);
        let answers: Vec<_> = answers.collect().await;
        let mut all = Answer::default();
        for answer in answers {
            all.add(answer);
        }
        all
    }

    /// Asks for day after day until nothing is missing.
    async fn ask_in_turn(&self, question: &Question, calls: Vec<Call>) -> Answer {
        let pace = Pace::of(&self.source);
        let mut all = Answer::default();
        for call in calls {
            let is_complete = question
                .prices
                .iter()
                .all(|(symbol, _)| all.prices.iter().any(|(_, price)| price.symbol == *symbol));
            if call.about == About::Rows && is_complete {
                continue;
            }
            all.add(self.call(question, call, &pace).await);
        }
        all
    }

    async fn call(&self, question: &Question, call: Call, pace: &Pace) -> Answer {
        let limits = &self.source.limits;
        let answered = timeout_at(pace.deadline, async {
            pace.wait().await;
            let key = self.key.as_ref();
            let key = key.and_then(|key| Some((self.key_place()?, key)));
            self.client.get(&call.url, key, limits).await
        });
        let answered = answered.await.unwrap_or_else(|_| {
            let total = limits.total_timeout_ms;
            Err(format!("the source had not answered all within {total} ms"))
        });
        match answered {
            Ok(text) => self.read(question, &call.about, call.holds, &text),
            Err(detail) => Answer {
                faults: vec![Fault {
                    about: named(&call.about),
                    detail,
                }],
                ..Answer::default()
            },
        }
    }

    fn key_place(&self) -> Option<KeyPlace<'_>> {
        match self.source.kind {
            Kind::Fmp => Some(KeyPlace::Query("apikey")),
            Kind::Fred => Some(KeyPlace::Query("api_key")),
            Kind::Polygon => Some(KeyPlace::Bearer),
            _ => {
                let header = self.source.key_header.as_deref().map(KeyPlace::Header);
                header.or_else(|| self.source.key_query.as_deref().map(KeyPlace::Query))
            }
        }
    }

    fn read(
        &self,
        question: &Question,
        about: &About,
        holds: super::settings::Holds,
        text: &[u8],
    ) -> Answer {
        let shape = Shape::of(&self.source, holds);
        reader::read((&self.name, &self.source), &shape, question, about, text)
    }
}

fn named(about: &About) -> Option<String> {
    match about {
        About::Symbol(symbol) => Some(symbol.clone()),
        About::Pair(pair) => Some(pair.to_string()),
        About::Rows => None,
    }
}

/// Keeps requests apart where only so many a minute are allowed, and ends them all in time.
#[derive(Debug)]
struct Pace {
    next: Mutex<Instant>,
    interval: Duration,
    deadline: Instant,
}

impl Pace {
    fn of(source: &Source) -> Self {
        let now = Instant::now();
        Self {
            next: Mutex::new(now),
            interval: source.limits.interval(),
            deadline: now + source.limits.total_timeout(),
        }
    }

    async fn wait(&self) {
        if self.interval.is_zero() {
            return;
        }
        let mut next = self.next.lock().await;
        let turn = (*next).max(Instant::now());
        *next = turn + self.interval;
        drop(next);
        sleep_until(turn).await;
    }
}

fn dated(path: &Path, asof: NaiveDate) -> std::path::PathBuf {
    path.to_str().map_or_else(
        || path.to_owned(),
        |text| text.replace("{asof}", &asof.to_string()).into(),
    )
}

/// Who reads a report need not know where files lie on this machine.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?
        .take(LONGEST_FILE + 1)
        .read_to_end(&mut text)?;
    if text.len() as u64 > LONGEST_FILE {
        let detail = format!("the file is longer than {LONGEST_FILE} bytes");
        return Err(std::io::Error::new(
            std::io::ErrorKind::FileTooLarge,
            detail,
        ));
    }
    Ok(text)
}

fn first_fault(path: &Path, faults: &str) -> String {
    let first = faults.lines().next().unwrap_or_default();
    let folder = path.parent().and_then(Path::to_str).unwrap_or_default();
    let first = first.strip_prefix(folder).unwrap_or(first);
    first.trim_start_matches('/').to_owned()
}
