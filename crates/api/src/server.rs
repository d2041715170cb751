//! Starting the service on a listener that is already open.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_http::{HttpService, error::DispatchError};
use actix_server::GracefulShutdownSignal;
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_tls::accept::{
    TlsError,
    rustls_0_23::{Acceptor, TlsStream},
};
use actix_web::{
    App, Error, HttpResponse,
    dev::{AppConfig, Server},
    middleware::{Condition, from_fn},
    rt::net::TcpStream,
    web,
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    AppState, context,
    edge::{connection::Watched, cors},
    guard,
    problem::Problem,
    problem::kinds,
    routes,
};

/// How much of the machine the service may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads that answer requests.
    pub workers: usize,
    /// Connections over all workers; further ones wait in the listener's queue.
    pub max_connections: usize,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long requests that are under way may take once a stop is asked for.
    pub shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            max_connections: 10_000,
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

const NAME: &str = "tallystick";

/// Starts the service, with TLS if the state's configuration has a certificate. Await the returned
/// server to run it; `Server::handle` stops it, gracefully if asked so. Signals are left to the caller.
pub fn serve(state: Arc<AppState>, listener: TcpListener, limits: &Limits) -> io::Result<Server> {
    let workers = limits.workers.max(1);
    let connections = (limits.max_connections / workers).max(1);
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(connections)
        .shutdown_timeout(limits.shutdown_timeout.as_secs())
        .disable_signals();
    let stop = builder.graceful_shutdown_signal();
    end_streams_with(&state, stop.clone());
    let keep_alive = limits.keep_alive;
    let deadlines = state.config.deadlines;
    let builder = match state.config.tls.clone() {
        None => builder.listen(NAME, listener, move || {
            fn_service(move |stream: TcpStream| async move {
                let peer = stream.peer_addr().ok();
                Ok::<_, DispatchError>((Watched::new(stream, deadlines), peer))
            })
            .and_then(http(&state, &stop, keep_alive))
        })?,
        Some(tls) => {
            // Handshakes that are never finished must not keep others from theirs.
            actix_tls::accept::max_concurrent_tls_connect(connections);
            builder.listen(NAME, listener, move || {
                let mut acceptor = Acceptor::new(tls.config());
                acceptor.set_handshake_timeout(deadlines.head);
                acceptor
                    .map_init_err(|()| ())
                    .map_err(TlsError::into_service_error)
                    .and_then(fn_service(move |stream: TlsStream<TcpStream>| async move {
                        let peer = stream.get_ref().0.peer_addr().ok();
                        Ok((Watched::new(stream, deadlines), peer))
                    }))
                    .and_then(http(&state, &stop, keep_alive).map_err(TlsError::Service))
            })?
        }
    };
    Ok(builder.run())
}

/// Streams would go on for ever: they end as soon as the service is to stop.
fn end_streams_with(state: &Arc<AppState>, stop: GracefulShutdownSignal) {
    let streams = state.streams.clone();
    tokio::spawn(async move {
        stop.notified().await;
        streams.close();
    });
}

/// HTTP/1.1 on a watched stream.
fn http<T: AsyncRead + AsyncWrite + Unpin + 'static>(
    state: &Arc<AppState>,
    stop: &GracefulShutdownSignal,
    keep_alive: Duration,
) -> impl ServiceFactory<
    (Watched<T>, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = DispatchError,
    InitError = (),
> + use<T> {
    let origins = &state.config.cors_origins;
    let app = App::new()
        .app_data(web::Data::from(Arc::clone(state)))
        .configure(routes::configure)
        .default_service(web::to(route_not_found))
        .wrap(from_fn(guard::guard))
        .wrap(Condition::new(!origins.is_empty(), cors::allow(origins)))
        .wrap(from_fn(context::with_context))
        .into_factory()
        .map_err(|error: Error| error.error_response());
    let stop = stop.clone();
    HttpService::build()
        .graceful_shutdown_signal(move || {
            let stop = stop.clone();
            async move { stop.notified().await }
        })
        .keep_alive(keep_alive)
        // A watched stream has its own deadline for each head.
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(CLOSE)
        .on_connect_ext(|stream: &Watched<T>, data| {
            data.insert(stream.traffic());
        })
        .h1(map_config(app, |()| AppConfig::default()))
}

/// How long a connection that is being closed may take to hear its last answer.
const CLOSE: Duration = Duration::from_secs(1);

async fn route_not_found() -> Result<HttpResponse, Problem> {
    let advice = "there is nothing at this path; see /docs for what there is";
    Err(Problem::new(kinds::ROUTE_NOT_FOUND, advice))
}
