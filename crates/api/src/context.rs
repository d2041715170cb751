//! Around every request: its id, its span in the log, its metrics, and the form of its problems.

use std::{borrow::Cow, rc::Rc, sync::Arc, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BodySize, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        ConnectionType, Method, StatusCode,
        header::{ALLOW, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, TRANSFER_ENCODING},
    },
    middleware::Next,
    web::Data,
};
use tracing::{Instrument, Span, field::display, info_span};
use uuid::Uuid;

use crate::{
    AppState,
    caller::POSITION,
    edge::{
        self,
        client_address::ClientAddress,
        connection::{Traffic, UnderWay},
        cors,
        deadlines::{self, Deadlines},
        dropped::Dropped,
        headers,
    },
    extract::CallersDatabase,
    guard::Admitted,
    problem::{Problem, kinds},
};

/// The id under which a request is logged, from its `X-Request-Id` or made.
#[derive(Clone)]
pub struct RequestId(pub Arc<str>);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const POSITION_HEADER: HeaderName = HeaderName::from_static(POSITION);
const LONGEST_REQUEST_ID: usize = 128;

/// Gives a request its context, and every answer its request id and form.
pub async fn with_context<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let request_id = request_id(request.headers());
    request
        .extensions_mut()
        .insert(RequestId(request_id.clone()));
    let state = request.app_data::<Data<AppState>>().cloned();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let started = Instant::now();
    let _in_flight = state.as_ref().map(|state| state.metrics.count_in_flight());
    let under_way = begin(&request);

    let admitted = state.as_ref().map_or(Ok(()), |state| {
        refuse_foreign(state, &request).map_or(Ok(()), Err)?;
        edge::admit(state, &request)
    });
    let client = request.extensions().get::<ClientAddress>().copied();
    let client = client.map(|client| display(client.0));
    let span = info_span!("request", %request_id, %method, path = uri.path(), client);
    let ended = |span: &Span, status, route: Option<&str>| {
        let duration = started.elapsed();
        if let Some(state) = &state {
            state.metrics.observe(route, &method, status, duration);
        }
        log_end(span, &method, status, duration.as_secs_f64() * 1e3);
    };
    let page = state.as_ref().and_then(|state| {
        cors::allowed_origin(request.headers(), &state.config.cors_origins).cloned()
    });
    let is_tls = state
        .as_ref()
        .is_some_and(|state| state.config.tls.is_some());
    let answered = if let Err(problem) = admitted {
        let (request, _) = request.into_parts();
        ServiceResponse::new(request, HttpResponse::from_error(problem)).map_into_right_body()
    } else {
        let deadlines = state.as_ref().map(|state| state.config.deadlines);
        let deadlines = deadlines.unwrap_or(Deadlines::DEFAULT);
        let limit = deadlines.of_request(&method, uri.path());
        let work = next.call(request).instrument(span.clone());
        match deadlines::within(limit, work).await {
            Ok(answered) => answered?.map_into_left_body(),
            Err(problem) => {
                ended(&span, problem.status(), None);
                let dropped = Dropped {
                    problem,
                    uri,
                    request_id,
                    is_tls,
                };
                return Err(dropped.into());
            }
        }
    };
    let mut response = span.in_scope(|| with_problem_form(answered, &request_id));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if let Some(position) = position_of(&response) {
        response.headers_mut().insert(POSITION_HEADER, position);
    }
    if let Some(origin) = page {
        cors::show(response.headers_mut(), origin);
    }
    let route = route_of(&response);
    let path = route.as_deref().unwrap_or(uri.path());
    headers::secure(response.headers_mut(), path, is_tls);
    if under_way.is_some_and(|request| request.leaves_body_unread()) {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    ended(&span, response.status(), route.as_deref());
    Ok(response)
}

/// Tells the connection that a request has come.
fn begin(request: &ServiceRequest) -> Option<UnderWay> {
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let traffic = request.conn_data::<Rc<Traffic>>()?;
    Some(traffic.begin(is_chunked))
}

/// The guard has found it already, unless it let nobody in: finding it means trying every route.
fn route_of<B>(response: &ServiceResponse<B>) -> Option<Cow<'static, str>> {
    let request = response.request();
    if let Some(admitted) = request.extensions().get::<Admitted>() {
        return Some(Cow::Borrowed(admitted.operation.path));
    }
    request.match_pattern().map(Cow::Owned)
}

/// Present where the request wrote, or had a position of its own, and there are replicas.
fn position_of<B>(response: &ServiceResponse<B>) -> Option<HeaderValue> {
    let extensions = response.request().extensions();
    let position = extensions.get::<CallersDatabase>()?.0.position()?;
    HeaderValue::from_str(&position.to_string()).ok()
}

/// What was only read without a fault is of interest to nobody but a debugger.
fn log_end(span: &Span, method: &Method, status: StatusCode, duration_ms: f64) {
    let status = status.as_u16();
    span.in_scope(|| {
        if status >= 500 {
            tracing::warn!(status, duration_ms, "request ended");
        } else if status >= 400 || !(method == Method::GET || method == Method::HEAD) {
            tracing::info!(status, duration_ms, "request ended");
        } else {
            tracing::debug!(status, duration_ms, "request ended");
        }
    });
}

fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let usable = |id: &&str| {
        (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
    };
    given
        .filter(usable)
        .map_or_else(|| Uuid::now_v7().to_string().into(), Arc::from)
}

/// Writes a handler's problem, and gives the web framework's own bare refusals the same form.
fn with_problem_form<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B>>,
    request_id: &str,
) -> ServiceResponse<EitherBody<B>> {
    let Some(problem) = problem_of(response.response()) else {
        return response;
    };
    if problem.status() == StatusCode::INTERNAL_SERVER_ERROR {
        let causes = problem.causes();
        tracing::error!(code = problem.code(), causes, "the request failed");
    } else if let Some(causes) = problem.causes() {
        tracing::warn!(code = problem.code(), causes, "the request was refused");
    }
    let (request, bare) = response.into_parts();
    let mut written = problem.respond(request.uri().path(), request_id);
    if let Some(allow) = bare.headers().get(ALLOW) {
        written.headers_mut().insert(ALLOW, allow.clone());
    }
    ServiceResponse::new(request, written).map_into_right_body()
}

fn problem_of<B: MessageBody>(response: &HttpResponse<B>) -> Option<Problem> {
    let status = response.status();
    if let Some(error) = response.error() {
        if let Some(problem) = error.as_error::<Problem>() {
            return Some(problem.clone());
        }
        return Some(bare_problem(status));
    }
    let is_bare = matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
    let is_refusal = status.is_client_error() || status.is_server_error();
    (is_refusal && is_bare).then(|| bare_problem(status))
}

fn bare_problem(status: StatusCode) -> Problem {
    let reason = status.canonical_reason().unwrap_or("refused");
    let kind = match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            let advice = "the header Allow names the methods of this path";
            return Problem::new(kinds::METHOD_NOT_ALLOWED, advice);
        }
        StatusCode::NOT_FOUND => kinds::ROUTE_NOT_FOUND,
        StatusCode::PAYLOAD_TOO_LARGE => kinds::BODY_TOO_LARGE,
        _ if status.is_client_error() => kinds::REQUEST_INVALID,
        _ => kinds::INTERNAL,
    };
    Problem::new(kind, reason).with_status(status)
}

/// While everybody who reaches the service is its owner, a browser must not be led here by another
/// site: neither under another name (DNS rebinding) nor by a form or script of that site.
fn refuse_foreign(state: &AppState, request: &ServiceRequest) -> Option<Problem> {
    if !state.config.local_only {
        return None;
    }
    let authority = |name: HeaderName| request.headers().get(name).and_then(|v| v.to_str().ok());
    let host = authority(HOST)?;
    if !is_this_machine(host) {
        let advice = "ask for this machine by the name localhost or a loopback address";
        return Some(Problem::new(kinds::MISDIRECTED, advice));
    }
    let origin = authority(ORIGIN)?;
    if cors::allowed_origin(request.headers(), &state.config.cors_origins).is_some() {
        return None;
    }
    if origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority == host)
    {
        return None;
    }
    let advice = "requests from pages of other sites are not answered";
    Some(Problem::new(kinds::ORIGIN_REFUSED, advice))
}

fn is_this_machine(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = address
        .parse::<std::net::IpAddr>()
        .is_ok_and(|ip| ip.is_loopback());
    is_loopback || host.eq_ignore_ascii_case("localhost") || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_loopback_names_are_this_machine() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:80",
            "127.9.9.9",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(is_this_machine(host), "{host} was refused");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "10.0.0.1:8080",
            "[::2]:1",
            "127.0.0.1.nip.io",
        ] {
            assert!(!is_this_machine(host), "{host} was accepted");
        }
    }
}
