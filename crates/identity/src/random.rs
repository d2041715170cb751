//! Randomness for what must not be guessed, from the operating system.

use ring::rand::{SecureRandom, SystemRandom};

use crate::Error;

/// `N` bytes, each value equally likely.
pub fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

/// Text of `length` characters from 0-9, A-Z and a-z, each equally likely.
pub fn base62(length: usize) -> Result<String, Error> {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // 248 is the greatest multiple of 62 in a byte: what lies above it would favour some.
        let fair = bytes::<64>()?.into_iter().filter(|byte| *byte < 248);
        let letters = fair.map(|byte| char::from(BASE62[usize::from(byte % 62)]));
        text.extend(letters.take(length - text.len()));
    }
    Ok(text)
}

/// The digits of base 62, in the order of their values.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
