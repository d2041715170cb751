//! Traces for a collector, by OpenTelemetry's protocol (OTLP over HTTP), where one is configured.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};

use crate::settings::Settings;

/// How long a batch of spans may take to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// A collector's answers are short.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Sends spans in batches, from a thread of its own. Those not sent yet are sent when this goes.
pub struct Export(SdkTracerProvider);

impl Export {
    pub fn start_if_asked(settings: &Settings) -> Result<Option<Self>, ExporterBuildError> {
        let endpoint = settings.telemetry.otlp_endpoint.as_deref();
        let export = endpoint.map(|endpoint| Self::start(endpoint, &settings.environment));
        export.transpose()
    }

    /// Spans go to `<endpoint>/v1/traces`.
    fn start(endpoint: &str, environment: &str) -> Result<Self, ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(Client::new())
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()?;
        let resource = Resource::builder()
            .with_service_name("tallystick")
            .with_attributes([
                opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                opentelemetry::KeyValue::new("deployment.environment", environment.to_owned()),
            ])
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("tallystick")
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        // A collector that is gone has been complained of already.
        let _ = self.0.shutdown();
    }
}

/// Blocks, which harms nobody on the exporter's own thread.
#[derive(Debug)]
struct Client(ureq::Agent);

impl Client {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .build();
        Self(config.into())
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.to_vec());
        let (parts, mut body) = self.0.run(request)?.into_parts();
        let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}
