use std::{
    fmt::Write,
    io::{Read, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use api::LedgerHeadReader;
use db::{Connectivity, Database};

use super::{Check, accounts, server};
use crate::{
    commands::serve,
    error::Error,
    session,
    settings::{LogFormat, Settings},
};

/// Below this a database cannot be trusted to finish a write.
const LEAST_FREE_BYTES: u64 = 256 * 1024 * 1024;

pub async fn all(settings: &Settings) -> Vec<Check> {
    let mut checks = vec![configuration(settings)];
    checks.extend(database(settings).await);
    checks.extend(disk(settings));
    checks.extend(accounts::all(settings));
    checks.push(ledger(settings).await);
    checks.extend(exposure(settings));
    checks.push(port(settings));
    checks
}

fn configuration(settings: &Settings) -> Check {
    let mut found = format!(
        "environment {}; config/default.toml (built in)",
        settings.environment
    );
    for file in &settings.files {
        let _ = write!(found, ", {}", file.display());
    }
    let format = match settings.log.format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    let _ = write!(found, "; logs as {format} at {}", settings.log.level);
    Check::ok("configuration", found)
}

async fn database(settings: &Settings) -> Vec<Check> {
    let url = &settings.database.url;
    let missing = url.sqlite_file().filter(|file| !file.exists());
    if missing.is_some() {
        let found = format!("{url} is not there yet");
        let check = if settings.database.migrate_on_start {
            Check::note(
                "database",
                found,
                "the first command that needs it makes it",
            )
        } else {
            Check::fault("database", found, "run `tallystick migrate up` to make it")
        };
        return vec![check];
    }
    match Database::connect(&settings.database.connection()).await {
        Ok(database) => {
            let reached = Check::ok("database", format!("{url} ({})", database.engine()));
            let mut checks = vec![
                reached,
                migrations(settings, &database).await,
                writing(&database).await,
            ];
            checks.extend(server::checks(&database).await);
            database.close().await;
            checks
        }
        Err(error) => vec![
            Check::fault(
                "database",
                format!("{url}: {error}"),
                "see the sentence to the left",
            ),
            Check::unchecked("migrations", "the database was not reached"),
            Check::unchecked("writing", "the database was not reached"),
        ],
    }
}

async fn migrations(settings: &Settings, database: &Database) -> Check {
    let versions = migration::versions(database).await;
    let usable = versions.and_then(|versions| versions.require_usable().map(|()| versions));
    match usable {
        Ok(versions) if !versions.newer().is_empty() => Check::note(
            "migrations",
            format!("newer than this program by {}", versions.newer().join(", ")),
            "this program can live with that; use the newer one when you can",
        ),
        Ok(_) => Check::ok("migrations", "all applied"),
        Err(error @ migration::Error::Pending { .. }) if settings.database.migrate_on_start => {
            let advice = "the next command applies them (database.migrate_on_start)";
            Check::note("migrations", error.to_string(), advice)
        }
        Err(error @ migration::Error::Pending { .. }) => Check::fault(
            "migrations",
            error.to_string(),
            "run `tallystick migrate up`",
        ),
        Err(error @ migration::Error::Newer { .. }) => {
            Check::fault("migrations", error.to_string(), "use the newer program")
        }
        Err(error) => Check::fault("migrations", error.to_string(), "see the database above"),
    }
}

/// An empty transaction of a writer is refused where nothing can be written.
async fn writing(database: &Database) -> Check {
    if database.connectivity().await == Connectivity::ReadOnly {
        let advice = "point DATABASE_URL at the primary server";
        return Check::fault("writing", "the server only reads", advice);
    }
    match database.write(async |_| Ok::<_, db::Error>(())).await {
        Ok(()) => Check::ok("writing", "possible"),
        Err(error) => Check::fault("writing", error.to_string(), "see the sentence to the left"),
    }
}

/// The space beside an SQLite file; a server looks after its own.
fn disk(settings: &Settings) -> Option<Check> {
    let file = settings.database.url.sqlite_file()?;
    let folder = file.ancestors().skip(1).find(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let check = match fs4::available_space(folder) {
        Ok(free) => {
            let found = format!("{} MB free beside {}", free / 1_000_000, file.display());
            if free < LEAST_FREE_BYTES {
                Check::fault(
                    "disk",
                    found,
                    "make room, or move the database to another disk",
                )
            } else {
                Check::ok("disk", found)
            }
        }
        Err(error) => {
            let found = format!("{}: {error}", folder.display());
            Check::fault(
                "disk",
                found,
                "point DATABASE_URL at a folder that can be read",
            )
        }
    };
    Some(check)
}

async fn ledger(settings: &Settings) -> Check {
    let Some(path) = &settings.ledger.path else {
        return Check::note(
            "ledger",
            "none configured",
            "set ledger.path for answers to name the ledger's commit",
        );
    };
    if let Err(error) = session::read_ledger(path).await {
        let found = match error {
            Error::Ledger(faults) => faults.first(1).iter().map(ToString::to_string).collect(),
            other => other.to_string(),
        };
        return Check::fault("ledger", found, "correct ledger.path, or the ledger");
    }
    let head = LedgerHeadReader::new(Some(path.clone())).read().await;
    match (head.commit, head.warning) {
        (Some(commit), _) => Check::ok("ledger", format!("{} at {commit}", path.display())),
        (None, why) => Check::note(
            "ledger",
            path.display().to_string(),
            format!("answers name no commit: {}", why.unwrap_or_default()),
        ),
    }
}

/// How the service can be reached, where that deserves a word.
fn exposure(settings: &Settings) -> Vec<Check> {
    let server = &settings.server;
    let mut checks = match (serve::read_tls(server), &server.certificate) {
        (Ok(_), None) => Vec::new(),
        (Ok(_), Some(files)) => vec![Check::ok("tls", files.certificate.display().to_string())],
        (Err(error), _) => vec![Check::fault(
            "tls",
            error.to_string(),
            "correct server.tls_certificate and server.tls_key",
        )],
    };
    for warning in server.warnings() {
        checks.push(Check::note(
            "exposure",
            warning,
            "see docs/configuration.md, Reaching the service",
        ));
    }
    checks
}

fn port(settings: &Settings) -> Check {
    match serve::listen(&settings.server, None) {
        Ok(listener) => {
            let address = listener.local_addr().map(|address| address.to_string());
            Check::ok("port", format!("{} is free", address.unwrap_or_default()))
        }
        Err(Error::PortInUse(address)) if serves_tallystick(address) => {
            Check::ok("port", format!("{address}: Tallystick is serving there"))
        }
        Err(Error::PortInUse(address)) if settings.server.certificate.is_some() => Check::note(
            "port",
            format!("{address} is in use"),
            "fine if Tallystick is serving there, which cannot be asked over TLS",
        ),
        Err(error @ Error::PortInUse(_)) => Check::fault(
            "port",
            error.to_string(),
            "stop the other program, or set server.port",
        ),
        Err(error) => Check::fault("port", error.to_string(), "set server.host and server.port"),
    }
}

fn serves_tallystick(address: SocketAddr) -> bool {
    ask_version(address).is_ok_and(|answer| answer.contains("\"name\":\"tallystick\""))
}

fn ask_version(address: SocketAddr) -> std::io::Result<String> {
    let patience = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    let request =
        format!("GET /api/v1/version HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(16_384).read_to_string(&mut answer)?;
    Ok(answer)
}
