//! Starting the service on a listener that is already open.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, middleware::from_fn, web};

use crate::{AppState, context, problem::Problem, problem::kinds, routes};

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

/// Starts the service. Await the returned server to run it; `Server::handle` stops it, gracefully if
/// asked so. Signals are left to the caller.
pub fn serve(state: Arc<AppState>, listener: TcpListener, limits: &Limits) -> io::Result<Server> {
    let workers = limits.workers.max(1);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&state)))
            .configure(routes::configure)
            .default_service(web::to(route_not_found))
            .wrap(from_fn(context::with_context))
    })
    .workers(workers)
    .max_connections((limits.max_connections / workers).max(1))
    .keep_alive(limits.keep_alive)
    .shutdown_timeout(limits.shutdown_timeout.as_secs())
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}

async fn route_not_found() -> Result<HttpResponse, Problem> {
    let advice = "there is nothing at this path; see /docs for what there is";
    Err(Problem::new(kinds::ROUTE_NOT_FOUND, advice))
}
