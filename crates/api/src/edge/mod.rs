//! Where requests come in: who sends them, how much and how slowly they may be sent, and what every
//! answer says to a browser.

pub mod client_address;
pub mod connection;
pub mod cors;
pub mod deadlines;
pub mod dropped;
pub mod headers;
pub mod rate_limits;
pub mod tls;

use actix_web::{HttpMessage, dev::ServiceRequest};

use crate::{
    AppState,
    problem::{Problem, kinds},
};
use client_address::ClientAddress;

/// Asked by whoever watches the service, and by a balancer in front of it: never limited.
const UNLIMITED: [&str; 3] = ["/livez", "/health", "/api/v1/ready"];

/// Whether requests of this path are spared from limits.
pub fn is_unlimited(path: &str) -> bool {
    UNLIMITED.contains(&path)
}

/// What is refused before anybody looks at the request itself. Leaves the client's address with it.
pub fn admit(state: &AppState, request: &ServiceRequest) -> Result<(), Problem> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    let address = peer.map(|peer| {
        client_address::of_request(peer, request.headers(), &state.config.trusted_proxies)
    });
    if let Some(address) = address {
        request.extensions_mut().insert(ClientAddress(address));
    }
    let limit = state.config.max_header_bytes;
    if headers::size(request.headers()) > limit {
        let detail = format!("the headers may have at most {limit} bytes together");
        return Err(Problem::new(kinds::HEADERS_TOO_LARGE, detail));
    }
    match address {
        Some(address) if !is_unlimited(request.path()) => state.rate_limits.check_address(address),
        _ => Ok(()),
    }
}
