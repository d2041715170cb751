//! `tallystick serve`: the REST interface until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use api::{ApiConfig, AppState, Limits, SchemaState};
use db::{Connectivity, Database, Priority};
use serde_json::json;

use crate::{
    audit_head,
    cli::Serve,
    commands::stop::StopSignals,
    error::Error,
    maintenance,
    output::{print, print_json},
    session,
    settings::{Server, Settings},
};

pub async fn run(settings: &Settings, args: Serve) -> Result<(), Error> {
    let listener = listen(&settings.server, args.port)?;
    let url = url_of(&listener)?;
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
    serve(settings, database, readiness, listener, || {
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

/// Takes the port, so that a port in use is noticed before any work is done.
pub fn listen(server: &Server, port: Option<u16>) -> Result<TcpListener, Error> {
    let address = SocketAddr::new(server.host, port.unwrap_or(server.port));
    TcpListener::bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse(address),
        _ => Error::Listen { address, source },
    })
}

pub fn url_of(listener: &TcpListener) -> Result<String, Error> {
    let address = listener.local_addr().map_err(Error::Service)?;
    Ok(format!("http://{address}"))
}

/// Serves until a signal or a failure, then lets requests under way end and closes the database.
pub async fn serve(
    settings: &Settings,
    database: Database,
    readiness: Readiness,
    listener: TcpListener,
    announce: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let clock = session::clock();
    let config = ApiConfig {
        build: option_env!("TALLYSTICK_BUILD")
            .unwrap_or("unknown")
            .to_owned(),
        ledger_path: settings.ledger.path.clone(),
        ..ApiConfig::new(settings.environment.as_str())
    };
    let state = AppState::new(database.clone(), clock, config, check_schema)
        .map_err(|error| Error::Metrics(error.to_string()))?;
    let state = Arc::new(state);
    if readiness == Readiness::Ready {
        state.set_owner(identity::local_owner(&database, clock).await?);
    }
    let mut stop = StopSignals::new().map_err(Error::Signals)?;
    let server = api::serve(Arc::clone(&state), listener, &limits(&settings.server))
        .map_err(Error::Service)?;
    let handle = server.handle();
    let mut running = tokio::spawn(server);
    let background = tokio::spawn(look_after(
        readiness,
        settings.clone(),
        database.clone(),
        state,
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
    database.close().await;
    match ended {
        Ok(outcome) => outcome.map_err(Error::Service),
        Err(stopped) => Err(Error::Service(stopped.into())),
    }
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
    state: Arc<AppState>,
) {
    let audit = settings.audit.clone();
    if readiness == Readiness::Waiting {
        wait_for_database(settings, database.clone(), state).await;
    }
    tokio::join!(
        maintenance::keep(database.clone()),
        audit_head::keep(database, audit),
    );
}

const LOOK_EVERY: Duration = Duration::from_millis(250);

async fn wait_for_database(settings: Settings, database: Database, state: Arc<AppState>) {
    let mut last_said = String::new();
    loop {
        if database.connectivity().await == Connectivity::Connected {
            match begin_serving(&settings, &database, &state).await {
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
    state.set_owner(identity::local_owner(database, session::clock()).await?);
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
