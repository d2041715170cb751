//! Which address a request comes from, when proxies may stand in between.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderValue};
use ipnet::IpNet;

/// In a request's extensions: the address of the client. An IPv4 address is never written as IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client whose request came over a connection from `peer`.
///
/// Each proxy adds the address that it was called from at the right end of `X-Forwarded-For`. So the
/// list is read from there, for as long as it was a trusted proxy that wrote: what stands further to
/// the left may be the client's invention.
pub fn of_request(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.to_canonical();
    if !is_trusted(address, trusted) {
        return address;
    }
    let lines: Vec<&[u8]> = headers
        .get_all(FORWARDED_FOR)
        .map(HeaderValue::as_bytes)
        .collect();
    for hop in lines
        .iter()
        .rev()
        .flat_map(|line| line.rsplit(|byte| *byte == b','))
    {
        let Some(before) = parse_hop(hop) else {
            break;
        };
        address = before;
        if !is_trusted(address, trusted) {
            break;
        }
    }
    address
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Some proxies write the port too.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = text
        .parse()
        .ok()
        .or_else(with_port)
        .or_else(bracketed)
        .map(|address: IpAddr| address.to_canonical());
    // No host has this address: whoever writes it hides the one that it has.
    address.filter(|address| !address.is_unspecified())
}

#[cfg(test)]
mod tests;
