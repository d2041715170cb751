//! What no request may do to those who read it. The fuzzer feeds it, and the tests with what the fuzzer
//! kept.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::{fmt::Debug, net::IpAddr};

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use chrono::NaiveDate;
use ipnet::IpNet;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{cursor, edge::client_address, principal};

/// A cursor: refused, or a key that is written and read again as the same; and a key of any text comes
/// back from its cursor.
pub fn cursor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    read_as::<i64>(text);
    read_as::<Uuid>(text);
    read_as::<String>(text);
    read_as::<(String, String)>(text);
    read_as::<(NaiveDate, String)>(text);
    read_as::<(NaiveDate, Uuid)>(text);
    let key = (text.to_owned(), 1);
    let comes_back = cursor::read::<(String, u8)>(&cursor::write(&key)).ok();
    assert_eq!(comes_back, (!text.contains('\0')).then_some(key));
}

fn read_as<K: Serialize + DeserializeOwned + Debug + PartialEq>(text: &str) {
    let Ok((Some(key), limit)) = cursor::page::<K>(None, Some(text)) else {
        return;
    };
    assert!(limit > 0);
    assert!(!format!("{key:?}").contains("\\0"), "{key:?} holds U+0000");
    assert_eq!(cursor::read::<K>(&cursor::write(&key)).unwrap(), key);
}

/// Headers, a line each: the first is `Authorization`, the others are `X-Forwarded-For`.
pub fn request_headers(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    authorization(lines.next().unwrap_or_default());
    forwarded_for(lines);
}

fn authorization(line: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, value.clone());
    if let Ok(token) = principal::bearer_token(&headers) {
        assert!(!token.is_empty());
        let (scheme, rest) = line.split_at(line.len() - token.len());
        assert!(scheme.eq_ignore_ascii_case(b"bearer ") && rest == token.as_bytes());
    }
    headers.append(AUTHORIZATION, value);
    assert!(
        principal::bearer_token(&headers).is_err(),
        "two were taken for one"
    );
}

fn forwarded_for<'a>(lines: impl Iterator<Item = &'a [u8]>) {
    let trusted: [IpNet; 2] = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap());
    let [stranger, proxy, client]: [IpAddr; 3] =
        ["203.0.113.9", "10.0.0.1", "198.51.100.7"].map(|address| address.parse().unwrap());
    let name = HeaderName::from_static("x-forwarded-for");
    let mut headers = HeaderMap::new();
    for line in lines {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name.clone(), value);
        }
    }
    assert_eq!(
        client_address::of_request(stranger, &headers, &trusted),
        stranger
    );
    let found = client_address::of_request(proxy, &headers, &trusted);
    assert!(!found.is_unspecified() && found == found.to_canonical());
    // Whatever a client sends, its proxy writes behind it.
    headers.append(name, HeaderValue::from_static("198.51.100.7"));
    assert_eq!(
        client_address::of_request(proxy, &headers, &trusted),
        client
    );
}

#[test]
fn what_the_fuzzer_kept_of_cursors_is_refused_or_comes_back() {
    for (name, data) in testkit::corpus("cursor") {
        println!("{name}");
        cursor(&data);
    }
}

#[test]
fn what_the_fuzzer_kept_of_headers_deceives_nobody() {
    for (name, data) in testkit::corpus("request_headers") {
        println!("{name}");
        request_headers(&data);
    }
}
