//! Logs: to standard error, readable or JSON.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{
    EnvFilter,
    filter::{Directive, LevelFilter},
};

use crate::settings::{Log, LogFormat};

/// Whether `text` is a level or a list of directives. A bare word that is no level would be read as
/// a module of which everything is logged: a misspelt level, so it is refused.
pub fn is_filter(text: &str) -> bool {
    let is_directive = |part: &str| {
        part.parse::<LevelFilter>().is_ok()
            || (part.contains('=') && part.parse::<Directive>().is_ok())
    };
    text.split(',')
        .all(|part| !part.is_empty() && is_directive(part))
}

/// What libraries say of every start, unless the level names them.
const QUIET_LIBRARIES: &str = "actix_server=warn,sea_orm_migration=warn";

/// Starts logging for the life of the program.
pub fn start(log: &Log) {
    start_with(
        log.format,
        EnvFilter::new(format!("{QUIET_LIBRARIES},{}", log.level)),
    );
}

/// For commands that answer and end: only what went wrong.
pub fn start_quiet(format: LogFormat) {
    start_with(format, EnvFilter::new("warn"));
}

fn start_with(format: LogFormat, filter: EnvFilter) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    // A second start in one process would be refused; the first stays, which is all that is wanted.
    let _ = match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
    };
}
