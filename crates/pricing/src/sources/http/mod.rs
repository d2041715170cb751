//! A client that asks services on the network: patient within bounds, and silent about keys.

mod connect;
mod retry;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Request, StatusCode,
    body::Bytes,
    header::{ACCEPT, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT},
};
use identity::Clock;
use url::{Position, Url};

use super::{asker::Secret, settings::Limits};
use connect::Connector;

/// Connects anew for each request; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    connector: Arc<Connector>,
    clock: Clock,
}

/// Where a request takes its key.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyPlace<'k> {
    Header(&'k str),
    /// As `Authorization: Bearer`.
    Bearer,
    Query(&'k str),
}

/// An attempt that failed.
#[derive(Debug)]
struct Failure {
    detail: String,
    again: Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Never,
    AfterPause,
    /// What the service asked for.
    After(Duration),
}

impl Failure {
    fn for_good(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            again: Again::Never,
        }
    }

    fn passing(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            again: Again::AfterPause,
        }
    }
}

impl Client {
    /// With the certificate authorities of this machine. `clock` says when `Retry-After` is.
    pub fn new(clock: Clock) -> Self {
        Self {
            connector: Arc::new(Connector::new()),
            clock,
        }
    }

    /// The body of a successful answer. Failures that may pass are followed by other attempts. What is
    /// said of the last one names the address without what stands behind its `?`, where keys stand.
    pub(super) async fn get(
        &self,
        url: &Url,
        key: Option<(KeyPlace<'_>, &Secret)>,
        limits: &Limits,
    ) -> Result<Vec<u8>, String> {
        let (url, header) = with_key(url, key)?;
        let told = url[..Position::AfterPath].to_owned();
        let mut attempt = 1;
        loop {
            let once = self.attempt(&url, header.as_ref(), limits);
            let outcome = tokio::time::timeout(limits.timeout(), once).await;
            let failure = match outcome {
                Ok(Ok(body)) => return Ok(body),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::passing(format!("no answer within {} ms", limits.timeout_ms)),
            };
            let pause = retry::pause(failure.again, attempt, limits);
            let Some(pause) = pause.filter(|_| attempt < limits.attempts) else {
                return Err(match attempt {
                    1 => format!("{told}: {}", failure.detail),
                    several => format!("{told}: {} (attempt {several})", failure.detail),
                });
            };
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        url: &Url,
        header: Option<&(HeaderName, HeaderValue)>,
        limits: &Limits,
    ) -> Result<Vec<u8>, Failure> {
        let stream = self.connector.connect(url).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
            .await
            .map_err(|_| Failure::passing("the connection was closed"))?;
        // Both are dropped together, so that nothing goes on behind a timeout.
        let exchange = async {
            let answer = sender.send_request(request(url, header)?).await;
            let answer = answer.map_err(|_| Failure::passing("the connection broke off"))?;
            self.check(answer.status(), answer.headers())?;
            let body = Limited::new(answer.into_body(), limits.most_bytes);
            body.collect().await.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    let most = limits.most_bytes;
                    Failure::for_good(format!("the answer is longer than {most} bytes"))
                } else {
                    Failure::passing("the answer broke off")
                }
            })
        };
        tokio::pin!(exchange, connection);
        let mut is_connected = true;
        loop {
            tokio::select! {
                biased;
                body = &mut exchange => return Ok(body?.to_bytes().to_vec()),
                _ = &mut connection, if is_connected => is_connected = false,
            }
        }
    }

    fn check(&self, status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
        if status == StatusCode::OK {
            return Ok(());
        }
        let detail = format!("the service answers {}{}", status.as_u16(), hint(status));
        let is_passing = status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT
            || status.is_server_error();
        if !is_passing {
            return Err(Failure::for_good(detail));
        }
        let again = match retry_after(headers, self.clock.now()) {
            Some(wait) => Again::After(wait),
            None => Again::AfterPause,
        };
        Err(Failure { detail, again })
    }
}

fn hint(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => ", a redirect, which is not followed: give the final address as `url`",
        401 | 403 => ": is the key right, and does its plan include this?",
        404 => ": it does not know this address, security or series",
        429 => ": too many requests; set `limits.per_minute`",
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

fn with_key(
    url: &Url,
    key: Option<(KeyPlace<'_>, &Secret)>,
) -> Result<(Url, Option<(HeaderName, HeaderValue)>), String> {
    let mut url = url.clone();
    url.set_fragment(None);
    let Some((place, secret)) = key else {
        return Ok((url, None));
    };
    let in_header = |name: HeaderName, text: String| {
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| "the key holds a character that no header may hold".to_owned())?;
        value.set_sensitive(true);
        Ok::<_, String>((name, value))
    };
    let header = match place {
        KeyPlace::Query(name) => {
            url.query_pairs_mut().append_pair(name, secret.expose());
            None
        }
        KeyPlace::Bearer => {
            let text = format!("Bearer {}", secret.expose());
            Some(in_header(hyper::header::AUTHORIZATION, text)?)
        }
        KeyPlace::Header(name) => {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| "`key_header` is not the name of a header".to_owned())?;
            Some(in_header(name, secret.expose().to_owned())?)
        }
    };
    Ok((url, header))
}

fn request(
    url: &Url,
    header: Option<&(HeaderName, HeaderValue)>,
) -> Result<Request<Empty<Bytes>>, Failure> {
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let mut request = Request::get(target)
        .header(HOST, host)
        .header(ACCEPT, "application/json, text/csv;q=0.9, */*;q=0.1")
        .header(
            USER_AGENT,
            concat!("tallystick/", env!("CARGO_PKG_VERSION")),
        );
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request
        .body(Empty::new())
        .map_err(|_| Failure::for_good("the address cannot be asked for"))
}
