//! What the service counts of itself, in Prometheus' text format.

mod jobs;
mod tokens;

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use db::Database;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::ApiConfig;
use jobs::JobMetrics;
use tokens::TokenMetrics;

pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    duration: HistogramVec,
    in_flight: IntGauge,
    streams: IntGauge,
    pub(crate) jobs: JobMetrics,
    pub(crate) tokens: TokenMetrics,
}

/// From a tenth of a millisecond to ten seconds.
const BUCKETS: [f64; 11] = [
    0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0,
];

impl Metrics {
    pub fn new(config: &ApiConfig, database: &Database) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new(
                "tallystick_http_requests_total",
                "Requests that were answered",
            ),
            &["route", "method", "status"],
        )?;
        let duration = HistogramVec::new(
            HistogramOpts::new(
                "tallystick_http_request_duration_seconds",
                "Time to an answer",
            )
            .buckets(BUCKETS.to_vec()),
            &["route", "method"],
        )?;
        let in_flight = IntGauge::new(
            "tallystick_http_requests_in_flight",
            "Requests not yet answered",
        )?;
        let streams = IntGauge::new("tallystick_open_streams", "Streams of events that are open")?;
        let build = IntGaugeVec::new(
            Opts::new(
                "tallystick_build_info",
                "Always 1; the labels say what runs",
            ),
            &["version", "build", "env"],
        )?;
        build
            .with_label_values(&[&config.version, &config.build, &config.env])
            .set(1);
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(duration.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        registry.register(Box::new(streams.clone()))?;
        registry.register(Box::new(database.collector()?))?;
        registry.register(Box::new(build))?;
        let jobs = JobMetrics::register(&registry)?;
        let tokens = TokenMetrics::register(&registry)?;
        Ok(Self {
            registry,
            requests,
            duration,
            in_flight,
            streams,
            jobs,
            tokens,
        })
    }

    /// Counts a request as not yet answered until the guard is dropped.
    pub fn count_in_flight(&self) -> InFlightGuard {
        self.in_flight.inc();
        InFlightGuard(self.in_flight.clone())
    }

    /// `route` is the path with its parameters by name; `None` where there is no such path.
    pub fn observe(
        &self,
        route: Option<&str>,
        method: &Method,
        status: StatusCode,
        duration: Duration,
    ) {
        let route = route.unwrap_or("unknown");
        let method = known_method(method);
        self.requests
            .with_label_values(&[route, method, status.as_str()])
            .inc();
        self.duration
            .with_label_values(&[route, method])
            .observe(duration.as_secs_f64());
    }

    /// `open_streams` are as many as there are at the moment.
    pub fn text(&self, open_streams: usize) -> Result<Vec<u8>, prometheus::Error> {
        self.streams
            .set(i64::try_from(open_streams).unwrap_or(i64::MAX));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// A client may invent methods; the series must stay few.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

pub struct InFlightGuard(IntGauge);

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}
