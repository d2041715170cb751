//! Which other sites' pages may ask this service by script.

use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{
        ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION,
        CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH, ORIGIN, VARY,
    },
};

use crate::routes::books_export::BOOKS_REVISION;

/// What a page's script may read of an answer besides its body.
const EXPOSED: [&str; 7] = [
    "content-disposition",
    "etag",
    "location",
    "retry-after",
    BOOKS_REVISION,
    "tallystick-position",
    "x-request-id",
];

const TEN_MINUTES: usize = 600;

/// Lets pages of `origins` in. Credentials of the browser's own, such as cookies, are never asked for.
pub fn allow(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::PUT,
            Method::DELETE,
        ])
        .allowed_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH])
        .allowed_header("idempotency-key")
        .allowed_header("last-event-id")
        .allowed_header("tallystick-position")
        .allowed_header("x-request-id")
        .expose_headers(EXPOSED)
        // Whoever is not listed gets no header, and its browser keeps the answer from the page.
        .block_on_origin_mismatch(false)
        .max_age(TEN_MINUTES);
    origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// The origin of a request, if it is one of `origins`.
pub fn allowed_origin<'a>(headers: &'a HeaderMap, origins: &[String]) -> Option<&'a HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    let is_listed = |listed: &String| listed.as_bytes() == origin.as_bytes();
    origins.iter().any(is_listed).then_some(origin)
}

/// Lets a page of `origin` read an answer that was written past [`allow`], as problems are.
pub fn show(headers: &mut HeaderMap, origin: HeaderValue) {
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if let Ok(exposed) = HeaderValue::from_str(&EXPOSED.join(", ")) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
