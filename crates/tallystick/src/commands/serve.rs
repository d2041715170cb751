//! `tallystick serve`: the REST interface until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
};

use api::{ApiConfig, AppState, Limits, SchemaState};
use db::Database;
use serde_json::json;

use crate::{
    cli::Serve,
    commands::stop::StopSignals,
    error::Error,
    output::{print, print_json},
    session,
    settings::{Server, Settings},
};

pub async fn run(settings: &Settings, args: Serve) -> Result<(), Error> {
    let listener = listen(&settings.server, args.port)?;
    let url = url_of(&listener)?;
    let database = session::open_database(settings).await?;
    serve(settings, database, listener, || {
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
    listener: TcpListener,
    announce: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let clock = session::clock();
    let owner = identity::local_owner(&database, clock).await?;
    let config = ApiConfig {
        build: option_env!("TALLYSTICK_BUILD")
            .unwrap_or("unknown")
            .to_owned(),
        ledger_path: settings.ledger.path.clone(),
        ..ApiConfig::new(settings.environment.as_str())
    };
    let state = AppState::new(database.clone(), clock, owner, config, check_schema)
        .map_err(|error| Error::Metrics(error.to_string()))?;
    let mut stop = StopSignals::new().map_err(Error::Signals)?;
    let server =
        api::serve(Arc::new(state), listener, &limits(&settings.server)).map_err(Error::Service)?;
    let handle = server.handle();
    let mut running = tokio::spawn(server);
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
    database.close().await;
    match ended {
        Ok(outcome) => outcome.map_err(Error::Service),
        Err(stopped) => Err(Error::Service(stopped.into())),
    }
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
        match migration::require_current(&database).await {
            Ok(()) => SchemaState::Current,
            Err(migration::Error::Pending { .. }) => SchemaState::Pending,
            Err(_) => SchemaState::Unknown,
        }
    })
}
