//! What the program is told to do: config/*.toml, then the environment, checked key by key.

mod audit;
mod auth;
mod database;
mod database_url;
mod duration;
mod error;
mod limits;
mod pricing;
mod production;
mod reader;
mod retention;
mod server;
mod sources;
#[cfg(test)]
mod tests;
mod token_prices;
mod worker;

use std::{path::PathBuf, sync::Arc};

pub use audit::Audit;
pub use auth::Auth;
pub use database::Database;
pub use database_url::DatabaseUrl;
pub use error::Error;
pub use limits::Limits;
pub use pricing::Pricing;
use reader::Reader;
pub use server::Server;
pub use sources::Sources;
pub use worker::Worker;
pub use workflow::retention::Retention;
use workflow::tokens::prices::PriceList;

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The environment's name: `development` unless `TALLYSTICK_ENV` says otherwise.
    pub environment: String,
    /// The configuration files that were read, besides the one built in.
    pub files: Vec<PathBuf>,
    pub server: Server,
    pub database: Database,
    pub auth: Auth,
    pub log: Log,
    pub ledger: Ledger,
    pub signals: Signals,
    pub telemetry: Telemetry,
    pub audit: Audit,
    pub limits: Limits,
    pub pricing: Pricing,
    pub retention: Retention,
    pub webhooks: Webhooks,
    pub worker: Worker,
    /// What tokens of models cost.
    pub token_prices: Arc<PriceList>,
}

#[derive(Clone, Debug)]
pub struct Log {
    pub format: LogFormat,
    /// A level or a list of directives, as `tracing` reads them.
    pub level: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug)]
pub struct Ledger {
    pub path: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct Signals {
    /// Who may send them; none without it.
    pub producers_file: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct Webhooks {
    /// Who is told of events; none without it.
    pub endpoints_file: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The collector that is sent traces: `http://…`, without a path of its own.
    pub otlp_endpoint: Option<String>,
}

impl Settings {
    /// Reads the files of the current folder and the environment of this process.
    pub fn load() -> Result<Self, Error> {
        Self::read(&Sources::of_process())
    }

    /// Reads `sources`, and reports every wrong key and value at once.
    pub fn read(sources: &Sources) -> Result<Self, Error> {
        let environment = sources.environment()?;
        let mut reader = Reader::new(sources.values(&environment)?);
        let sections = (
            server::read(&mut reader, sources),
            database::read(&mut reader, sources, &environment),
            auth::read(&mut reader),
            read_log(&mut reader),
            read_ledger(&mut reader),
            read_signals(&mut reader),
            read_telemetry(&mut reader),
            audit::read(&mut reader),
            limits::read(&mut reader),
            pricing::read(&mut reader),
            retention::read(&mut reader),
            read_webhooks(&mut reader),
            worker::read(&mut reader),
        );
        let token_prices = token_prices::read(&mut reader);
        if environment == "production" {
            production::refuse(&mut reader, sections.0.as_ref(), sections.3.as_ref());
        }
        reader.finish()?;
        let (
            Some(server),
            Some(database),
            Some(auth),
            Some(log),
            Some(ledger),
            Some(signals),
            Some(telemetry),
            Some(audit),
            Some(limits),
            Some(pricing),
            Some(retention),
            Some(webhooks),
            Some(worker),
        ) = sections
        else {
            return Err(Error::Incomplete);
        };
        let files = sources.files(&environment);
        Ok(Self {
            environment,
            files,
            server,
            database,
            auth,
            log,
            ledger,
            signals,
            telemetry,
            audit,
            limits,
            pricing,
            retention,
            webhooks,
            worker,
            token_prices,
        })
    }
}

fn read_log(reader: &mut Reader) -> Option<Log> {
    let format = reader.take("log.format", "text or json", |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    });
    let level = reader.take(
        "log.level",
        "error, warn, info, debug or trace, or directives such as info,api=debug",
        |text| crate::logging::is_filter(text).then(|| text.to_owned()),
    );
    Some(Log {
        format: format?,
        level: level?,
    })
}

fn read_telemetry(reader: &mut Reader) -> Option<Telemetry> {
    let endpoint = reader.take(
        "telemetry.otlp_endpoint",
        "http:// and a collector's address, such as http://127.0.0.1:4318; empty for none (one beyond \
         this machine is reached through a collector on it)",
        |text| match text {
            "" => Some(None),
            address => is_web_address(address).then(|| Some(address.to_owned())),
        },
    );
    Some(Telemetry {
        otlp_endpoint: endpoint?,
    })
}

fn is_web_address(text: &str) -> bool {
    // Whatever comes with a name and a password in it would end in a log.
    text.strip_prefix("http://")
        .is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', ' ', '?', '#']))
}

fn read_ledger(reader: &mut Reader) -> Option<Ledger> {
    let path = reader.take("ledger.path", "the path of a Beancount file", |text| {
        Some((!text.is_empty()).then(|| PathBuf::from(text)))
    });
    Some(Ledger { path: path? })
}

fn read_signals(reader: &mut Reader) -> Option<Signals> {
    let file = reader.take(
        "signals.producers_file",
        "the path of a file that names producers",
        |text| Some((!text.is_empty()).then(|| PathBuf::from(text))),
    );
    Some(Signals {
        producers_file: file?,
    })
}

fn read_webhooks(reader: &mut Reader) -> Option<Webhooks> {
    let file = reader.take(
        "webhooks.endpoints_file",
        "the path of a file that names endpoints",
        |text| Some((!text.is_empty()).then(|| PathBuf::from(text))),
    );
    Some(Webhooks {
        endpoints_file: file?,
    })
}

fn within<T: std::str::FromStr + PartialOrd>(least: T, most: T) -> impl Fn(&str) -> Option<T> {
    move |text| {
        text.parse()
            .ok()
            .filter(|number| *number >= least && *number <= most)
    }
}
