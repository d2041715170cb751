//! One request to an endpoint, bounded in time and size.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use url::{Position, Url};

use super::{Endpoint, Failure, connect::Connector};

/// From the look-up of the host's name to the head of the answer; Standard Webhooks recommends 15 to 30
/// seconds.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(15);

/// Of the answer no more than its head is read.
const LONGEST_HEAD: usize = 16 * 1024;

/// Connects anew for each message, follows no redirect and asks no proxy. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) connector: Connector,
    pub(super) longest_attempt: Duration,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// With the certificate authorities of this machine.
    pub fn new() -> Self {
        Self {
            connector: Connector::new(),
            longest_attempt: LONGEST_ATTEMPT,
        }
    }

    /// The status of an answer that says that the message was taken.
    pub(super) async fn post(
        &self,
        endpoint: &Endpoint,
        headers: &[(&'static str, String)],
        body: String,
        now: DateTime<Utc>,
    ) -> Result<u16, Failure> {
        let request = request(&endpoint.url, headers, body)?;
        let attempt = tokio::time::timeout(self.longest_attempt, self.attempt(endpoint, request));
        let seconds = self.longest_attempt.as_secs_f32();
        let late = || format!("{} did not answer within {seconds} s", endpoint.host());
        let answer = attempt.await.map_err(|_| Failure::passing(late()))??;
        check(endpoint, answer.status(), answer.headers(), now)
    }

    async fn attempt(
        &self,
        endpoint: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Failure> {
        let broken =
            || Failure::passing(format!("the connection to {} broke off", endpoint.host()));
        let stream = self.connector.connect(endpoint).await?;
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(LONGEST_HEAD)
            .handshake(stream)
            .await
            .map_err(|_| broken())?;
        let exchange = sender.send_request(request);
        // Both are dropped together, so that nothing goes on behind a timeout.
        tokio::pin!(exchange, connection);
        let mut is_connected = true;
        loop {
            tokio::select! {
                biased;
                answer = &mut exchange => return answer.map_err(|_| broken()),
                _ = &mut connection, if is_connected => is_connected = false,
            }
        }
    }
}

fn request(
    url: &Url,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Request<Full<Bytes>>, Failure> {
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let mut request = Request::post(target)
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/json")
        .header(
            USER_AGENT,
            concat!("tallystick/", env!("CARGO_PKG_VERSION")),
        );
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request
        .body(Full::from(body))
        .map_err(|_| Failure::for_good("the endpoint's URL cannot be sent to"))
}

fn check(
    endpoint: &Endpoint,
    status: StatusCode,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<u16, Failure> {
    if status.is_success() {
        return Ok(status.as_u16());
    }
    let detail = format!(
        "{} answers {}{}",
        endpoint.host(),
        status.as_u16(),
        hint(status)
    );
    Err(Failure {
        detail,
        // By Standard Webhooks, who answers so wants no more messages.
        is_final: status == StatusCode::GONE,
        retry_after: retry_after(headers, now),
    })
}

fn hint(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => ", a redirect, which is not followed: give the final address as `url`",
        401 | 403 => ": does it know the endpoint's secret?",
        410 => ": it wants no more messages",
        _ => "",
    }
}

/// Seconds or a date, as RFC 9110 10.2.3 has it.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then: DateTime<Utc> = httpdate::parse_http_date(text).ok()?.into();
    Some((then - now).to_std().unwrap_or_default())
}
