//! Logs: to standard error, readable or JSON.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{Directive, LevelFilter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    settings::{Log, LogFormat},
    telemetry::Export,
};

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

/// What of the program's work a collector gets to see, whatever the log's level is.
const TRACED: &str = "warn,api=info,db=debug,tallystick=info";

/// Starts logging for the life of the program, and the export of traces with it.
pub fn start(log: &Log, export: Option<&Export>) {
    let filter = EnvFilter::new(format!("{QUIET_LIBRARIES},{}", log.level));
    start_with(log.format, filter, export);
}

/// For commands that answer and end: only what went wrong.
pub fn start_quiet(format: LogFormat) {
    start_with(format, EnvFilter::new("warn"), None);
}

fn start_with(format: LogFormat, filter: EnvFilter, export: Option<&Export>) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    let traces = export.map(|export| {
        tracing_opentelemetry::layer()
            .with_tracer(export.tracer())
            .with_filter(EnvFilter::new(TRACED))
    });
    // A second start in one process would be refused; the first stays, which is all that is wanted.
    let _ = tracing_subscriber::registry()
        .with(traces)
        .with(lines.with_filter(filter))
        .try_init();
}
