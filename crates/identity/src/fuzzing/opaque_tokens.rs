use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};

use super::changed;
use crate::{ApiToken, random::BASE62, sessions::RefreshToken};

/// A text as each kind of token; and a token of a program whose secret comes from the first 32 bytes,
/// with the rest as a change of it.
pub fn opaque_token(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        as_api_token(text);
        as_refresh_token(text);
    }
    if let Some((secret, rest)) = data.split_at_checked(32) {
        mistyped(secret, rest);
    }
}

fn as_api_token(text: &str) {
    let Ok(token) = ApiToken::parse(text) else {
        return;
    };
    assert_eq!(token.expose(), text);
    assert_eq!(text.len(), 42);
    let (body, given) = text.split_at(36);
    assert_eq!(given, checksum(body));
    assert!(!format!("{token:?}").contains(&text[10..]));
    assert_eq!(token.hash().len(), 64);
}

fn as_refresh_token(text: &str) {
    let Ok(token) = RefreshToken::parse(text) else {
        return;
    };
    let secret = text.strip_prefix("tsr_").unwrap();
    // Two texts of one token would be told apart by their hashes, and one of them would open nothing.
    assert_eq!(BASE64.encode(BASE64.decode(secret).unwrap()), secret);
    assert_eq!((token.expose(), text.len()), (text, 47));
    assert_eq!(format!("{token:?}"), "RefreshToken(…)");
}

/// A change of four bytes in a row or less is always found: that is what a CRC is for.
fn mistyped(secret: &[u8], rest: &[u8]) {
    let letters = secret
        .iter()
        .map(|byte| char::from(BASE62[usize::from(byte % 62)]));
    let body: String = "tsk_".chars().chain(letters).collect();
    let good = format!("{body}{}", checksum(&body));
    assert!(ApiToken::parse(&good).is_ok(), "{good} was refused");
    let other = changed(good.as_bytes(), &rest[..rest.len().min(3)]);
    if let Ok(other) = std::str::from_utf8(&other) {
        assert_eq!(
            ApiToken::parse(other).is_ok(),
            other == good,
            "{other} for {good}"
        );
    }
}

/// CRC-32 bit by bit (ISO-HDLC), and then base 62.
fn checksum(body: &str) -> String {
    let mut crc = u32::MAX;
    for byte in body.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let crc = u64::from(!crc);
    let digit =
        |place: u32| char::from(BASE62[usize::try_from(crc / 62_u64.pow(place) % 62).unwrap()]);
    (0..6).rev().map(digit).collect()
}
