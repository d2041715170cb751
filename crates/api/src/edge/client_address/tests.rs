use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use proptest::{collection::vec, prelude::*};

use super::{FORWARDED_FOR, of_request};

const PROXIES: [&str; 3] = ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"];

fn trusted() -> Vec<IpNet> {
    PROXIES.iter().map(|net| net.parse().unwrap()).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn headers<T: AsRef<[u8]>>(lines: &[T]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let value = HeaderValue::from_bytes(line.as_ref()).unwrap();
        headers.append(HeaderName::from_static(FORWARDED_FOR), value);
    }
    headers
}

fn client(peer: &str, lines: &[&str]) -> String {
    of_request(ip(peer), &headers(lines), &trusted()).to_string()
}

#[test]
fn the_peer_is_the_client_unless_it_is_a_trusted_proxy() {
    assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    assert_eq!(client("10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
    assert_eq!(client("10.1.2.3", &[]), "10.1.2.3");
}

#[test]
fn the_rightmost_address_that_is_no_proxy_is_the_client() {
    let chain = "1.1.1.1, 198.51.100.1, 192.0.2.7";
    assert_eq!(client("10.1.2.3", &[chain]), "198.51.100.1");
    assert_eq!(
        client("10.1.2.3", &["1.1.1.1", "198.51.100.1", "10.9.9.9"]),
        "198.51.100.1"
    );
    assert_eq!(client("10.1.2.3", &["10.0.0.4,10.0.0.5"]), "10.0.0.4");
}

#[test]
fn an_address_may_come_with_its_port_and_as_ipv6() {
    assert_eq!(client("fd00::1", &["198.51.100.1:4711"]), "198.51.100.1");
    assert_eq!(client("fd00::1", &["[2001:db8::1]:4711"]), "2001:db8::1");
    assert_eq!(client("fd00::1", &["[2001:db8::1]"]), "2001:db8::1");
    assert_eq!(
        client("::ffff:10.0.0.1", &["::ffff:198.51.100.1"]),
        "198.51.100.1"
    );
    assert_eq!(client("::ffff:203.0.113.9", &[]), "203.0.113.9");
}

#[test]
fn behind_garbage_nothing_is_believed() {
    for garbage in [
        "unknown",
        "_hidden",
        "",
        " ",
        "1.1.1.1.1",
        "0.0.0.0",
        "::",
        "localhost",
    ] {
        let chain = format!("1.1.1.1, {garbage}");
        assert_eq!(client("10.1.2.3", &[&chain]), "10.1.2.3", "{garbage:?}");
        let chain = format!("1.1.1.1, {garbage}, 10.4.4.4");
        assert_eq!(client("10.1.2.3", &[&chain]), "10.4.4.4", "{garbage:?}");
    }
}

/// Any bytes that a header may hold.
fn header_text() -> impl Strategy<Value = Vec<u8>> {
    vec(
        any::<u8>().prop_filter("a header has no controls", |b| *b >= 32 && *b != 127),
        0..80,
    )
}

fn stranger() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>()
        .prop_map(|address| address.to_canonical())
        .prop_filter("not a proxy", |address| {
            !address.is_unspecified() && !trusted().iter().any(|net| net.contains(address))
        })
}

proptest! {
    #[test]
    fn a_stranger_cannot_say_that_it_is_another(peer in stranger(), lines in vec(header_text(), 0..4)) {
        prop_assert_eq!(of_request(peer, &headers(&lines), &trusted()), peer);
    }

    #[test]
    fn whatever_a_client_sends_its_proxy_sees_through_it(
        client in stranger(),
        forged in vec(header_text(), 0..4),
        hops in vec(any::<[u8; 3]>(), 0..3),
    ) {
        let mut lines = forged;
        lines.push(client.to_string().into_bytes());
        for [b, c, d] in hops {
            lines.push(format!("10.{b}.{c}.{d}").into_bytes());
        }
        prop_assert_eq!(of_request(ip("10.0.0.1"), &headers(&lines), &trusted()), client);
        let joined = lines.join(&b", "[..]);
        prop_assert_eq!(of_request(ip("10.0.0.1"), &headers(&[joined]), &trusted()), client);
    }

    #[test]
    fn an_answer_is_the_peer_or_an_address_of_the_list(lines in vec(header_text(), 0..4)) {
        let peer = ip("10.0.0.1");
        let found = of_request(peer, &headers(&lines), &trusted());
        let text = String::from_utf8_lossy(&lines.join(&b","[..])).into_owned();
        let listed = text.split(',').any(|hop| super::parse_hop(hop.as_bytes()) == Some(found));
        prop_assert!(found == peer || listed);
    }
}
