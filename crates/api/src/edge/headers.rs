//! What every answer tells a browser, and how large a request's headers may be.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const DENY: HeaderValue = HeaderValue::from_static("DENY");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Answers are data: nothing in them is to be run or shown as a page.
const POLICY_OF_DATA: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page of the contract has scripts and style sheets of its own, sets styles as it works, and asks
/// this service.
const POLICY_OF_DOCS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Adds to an answer to `path` what keeps a browser from misusing it.
pub fn secure(headers: &mut HeaderMap, path: &str, is_tls: bool) {
    let policy = if path.starts_with("/docs/") {
        POLICY_OF_DOCS
    } else {
        POLICY_OF_DATA
    };
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(X_FRAME_OPTIONS, DENY);
    headers.insert(REFERRER_POLICY, NO_REFERRER);
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, SAME_ORIGIN);
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    if is_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    if let Some(caching) = caching(path)
        && !headers.contains_key(CACHE_CONTROL)
    {
        headers.insert(CACHE_CONTROL, caching);
    }
}

fn caching(path: &str) -> Option<HeaderValue> {
    let is_secret = ["/v1/auth/", "/v1/api-tokens"]
        .iter()
        .any(|start| path.starts_with(start));
    if is_secret {
        Some(NO_STORE)
    } else {
        path.starts_with("/v1/").then_some(ASK_EACH_TIME)
    }
}

/// The bytes of all headers as HTTP/1.1 writes them: name, colon, space, value, line end.
pub fn size(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}
