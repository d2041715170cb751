//! What production does not start with. A fault is one line that says what to do, and all of them are
//! told at once. Databases beyond this machine without verified TLS are refused where their addresses
//! are read (`database.rs`).

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::{Log, Server, reader::Reader, server::Metrics};

/// Notes every fault of the sections that could be read.
pub fn refuse(reader: &mut Reader, server: Option<&Server>, log: Option<&Log>) {
    let faults = [
        server.and_then(open_metrics),
        server.and_then(readable_key),
        log.and_then(verbose_log),
    ];
    for fault in faults.into_iter().flatten() {
        reader.refuse(fault);
    }
}

fn open_metrics(server: &Server) -> Option<String> {
    let is_open = server.metrics == Metrics::Everybody && !server.is_local();
    is_open.then(|| {
        "server.metrics is open, and not only this machine reaches the service; in production set it \
         to admin, or to loopback"
            .to_owned()
    })
}

/// A key that cannot be looked at fails when it is read.
fn readable_key(server: &Server) -> Option<String> {
    let certificate = server.certificate.as_ref()?;
    let is_readable = certificate.key_is_readable_by_others().unwrap_or(false);
    is_readable.then(|| {
        format!(
            "every user of this machine may read server.tls_key; in production take that right away: \
             chmod o= {}",
            certificate.key.display()
        )
    })
}

/// Statements and headers are logged at these levels.
fn verbose_log(log: &Log) -> Option<String> {
    let most = EnvFilter::new(&log.level).max_level_hint();
    (most > Some(LevelFilter::INFO)).then(|| {
        format!(
            "log.level is `{}`, which shows internals; in production set it to info, warn or error",
            log.level
        )
    })
}

#[cfg(test)]
mod tests;
