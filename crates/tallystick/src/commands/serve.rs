//! `tallystick serve`: the REST interface until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use api::{ApiConfig, AppState, Limits, SchemaState, Tls};
use db::{Connectivity, Database, Priority};
use identity::SharedKeys;
use serde_json::json;
use workflow::webhooks::Endpoints;

use crate::{
    approvals, audit_head,
    cli::Serve,
    commands::stop::StopSignals,
    error::Error,
    maintenance,
    output::{print, print_json},
    secrets::Secrets,
    session,
    settings::{Server, Settings},
    workers::Workers,
};

pub async fn run(settings: &Settings, args: Serve) -> Result<(), Error> {
    let door = Door::open(&settings.server, args.port)?;
    let secrets = Secrets::load(settings)?;
    let url = door.url.clone();
    let database = Database::open(&settings.database.connection()).await?;
    let readiness = match database.first_contact().await {
        Ok(()) => {
            session::prepare(settings, &database).await?;
            Readiness::Ready
        }
        Err(error) => {
            tracing::warn!("serving without a database until there is one: {error}");
            Readiness::Waiting
        }
    };
    serve(settings, secrets, database, readiness, door, || {
        if args.json {
            print_json(&json!({ "url": url }))
        } else {
            print(&format!(
                "Tallystick serves on {url} (docs: {url}/docs). Ctrl-C stops it."
            ))
        }
    })
    .await
}

pub fn listen(server: &Server, port: Option<u16>) -> Result<TcpListener, Error> {
    let address = SocketAddr::new(server.host, port.unwrap_or(server.port));
    TcpListener::bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse(address),
        _ => Error::Listen { address, source },
    })
}

/// Where clients come in, once there is something to serve.
pub struct Door {
    listener: TcpListener,
    tls: Option<Tls>,
    pub url: String,
}

impl Door {
    /// Takes the port and reads the certificate, so that what is wrong with them is noticed before any
    /// work is done.
    pub fn open(server: &Server, port: Option<u16>) -> Result<Self, Error> {
        let listener = listen(server, port)?;
        let address = listener.local_addr().map_err(Error::Service)?;
        Ok(Self {
            listener,
            tls: read_tls(server)?,
            url: format!("{}://{address}", server.scheme()),
        })
    }
}

/// Serves until a signal or a failure, then lets requests under way end and closes the database.
pub async fn serve(
    settings: &Settings,
    secrets: Secrets,
    database: Database,
    readiness: Readiness,
    door: Door,
    announce: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let clock = session::clock();
    for warning in settings.server.warnings() {
        tracing::warn!("{warning}");
    }
    let state = AppState::new(
        database.clone(),
        clock,
        ApiConfig {
            producers: Arc::new(secrets.producers),
            ..config(settings, door.tls)
        },
        secrets.security,
        check_schema,
    )
    .map_err(|error| Error::Metrics(error.to_string()))?;
    let state = Arc::new(state);
    if readiness == Readiness::Ready {
        state.set_ready();
    }
    let mut stop = StopSignals::new().map_err(Error::Signals)?;
    let server = api::serve(Arc::clone(&state), door.listener, &limits(&settings.server))
        .map_err(Error::Service)?;
    let handle = server.handle();
    let mut running = tokio::spawn(server);
    let workers = Workers::default();
    let background = tokio::spawn(look_after(
        readiness,
        settings.clone(),
        database.clone(),
        secrets.keys,
        secrets.endpoints.map(Arc::new),
        state,
        workers.clone(),
    ));
    announce()?;

    let ended = tokio::select! {
        ended = &mut running => ended,
        () = stop.next() => {
            tracing::info!("stopping once the requests under way have ended; again stops at once");
            let drained = handle.stop(true);
            tokio::select! {
                () = drained => {}
                () = stop.next() => handle.stop(false).await,
            }
            running.await
        }
    };
    background.abort();
    workers.end().await;
    database.close().await;
    match ended {
        Ok(outcome) => outcome.map_err(Error::Service),
        Err(stopped) => Err(Error::Service(stopped.into())),
    }
}

fn config(settings: &Settings, tls: Option<Tls>) -> ApiConfig {
    let server = &settings.server;
    ApiConfig {
        build: option_env!("TALLYSTICK_BUILD")
            .unwrap_or("unknown")
            .to_owned(),
        ledger_path: settings.ledger.path.clone(),
        local_only: server.is_local(),
        trusted_proxies: server.trusted_proxies.clone(),
        cors_origins: server.cors_origins.clone(),
        tls,
        open_metrics: server.opens_metrics(),
        max_header_bytes: server.max_header_bytes,
        rate_limits: settings.limits.rates,
        deadlines: settings.limits.deadlines,
        max_streams_per_user: settings.limits.streams_per_user,
        token_prices: Arc::clone(&settings.token_prices),
        ..ApiConfig::new(settings.environment.as_str())
    }
}

/// The certificate that the settings name, read and held against its key.
pub fn read_tls(server: &Server) -> Result<Option<Tls>, Error> {
    let Some(files) = &server.certificate else {
        return Ok(None);
    };
    Ok(Some(Tls::read(&files.certificate, &files.key)?))
}

/// Whether the database was there at the start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// Books are served once it has come, and holds this program's schema.
    Waiting,
}

/// Waits for the database if need be, then does what falls due with time.
async fn look_after(
    readiness: Readiness,
    settings: Settings,
    database: Database,
    keys: SharedKeys,
    endpoints: Option<Arc<Endpoints>>,
    state: Arc<AppState>,
    workers: Workers,
) {
    let (audit, retention) = (settings.audit.clone(), settings.retention);
    if readiness == Readiness::Waiting {
        wait_for_database(&settings, &database, &state).await;
    }
    approvals::register_endpoints(&database, endpoints.clone()).await;
    workers.begin(&settings, &database, endpoints);
    tokio::join!(
        maintenance::keep(database.clone(), retention),
        audit_head::keep(database, keys, audit),
    );
}

const LOOK_EVERY: Duration = Duration::from_millis(250);

async fn wait_for_database(settings: &Settings, database: &Database, state: &AppState) {
    let mut last_said = String::new();
    loop {
        if database.connectivity().await == Connectivity::Connected {
            match begin_serving(settings, database, state).await {
                Ok(()) => return,
                Err(error) if error.to_string() == last_said => {}
                Err(error) => {
                    last_said = error.to_string();
                    tracing::error!(
                        "the database is there, but it cannot be used yet: {last_said}"
                    );
                }
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn begin_serving(
    settings: &Settings,
    database: &Database,
    state: &AppState,
) -> Result<(), Error> {
    session::prepare(settings, database).await?;
    state.set_ready();
    tracing::info!("the database is there: serving books from now on");
    Ok(())
}

fn limits(server: &Server) -> Limits {
    let default = Limits::default();
    Limits {
        workers: if server.workers == 0 {
            default.workers
        } else {
            server.workers
        },
        max_connections: server.max_connections,
        shutdown_timeout: server.shutdown_timeout,
        ..default
    }
}

fn check_schema(database: Database) -> Pin<Box<dyn Future<Output = SchemaState> + Send>> {
    Box::pin(async move {
        let database = database.with_priority(Priority::Schema);
        match migration::require_current(&database).await {
            Ok(()) => SchemaState::Current,
            Err(migration::Error::Pending { .. }) => SchemaState::Pending,
            Err(_) => SchemaState::Unknown,
        }
    })
}
